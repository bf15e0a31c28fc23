"""What ``flask shell`` greets with and knows: models, the queue, every job, and somebody to try them with."""

import keyword

import click

from microblog.base.database import db
from microblog.cli import site
from microblog.cli.whole_cursor import read_whole
from microblog.models import User
from microblog.security.security_log import OPERATOR
from microblog.tables import MODELS
from microblog.tasks.jobs import jobs
from microblog.tasks.queue import huey
from microblog.tasks.task import Task

GREETING = """Microblog: every model ({models}, …), db, huey and the jobs are here. For example:
  t = launch(example, {person}, seconds=23)    records a task, commits, enqueues; a worker takes it
  t.refresh().progress, t.complete             how far it is now
  {person}.launch_task("example", "Counting seconds...", seconds=23), as in the tutorial
  Task.in_progress({person})                   what is under way
docs/from-the-tutorial.md walks through it; docs/adding-a-job.md adds one of yours."""


def context():
    """Names for the shell, after a greeting; the connection stays open until the shell ends."""
    site.enter()
    db.connect(reuse_if_open=True)
    # Whoever types a loop over rows may write in it: no rows are left half read.
    read_whole(db)
    own_jobs = {name: job for name, job in jobs.items() if job.model is Task}
    names = {model.__name__: model for model in MODELS} | own_jobs
    names |= {"db": db, "huey": huey, "launch": launch}
    name, person = _person(names)
    click.echo(GREETING.format(models="User, Post, Task", person=name), err=True)
    return names | {name: person}


def launch(job, user, description=None, **arguments):
    """Launch *job* for *user* with its *arguments* and return the task; no limit counts."""
    return Task.launch(job, user, description or job.name, by=OPERATOR, **arguments)


def _person(taken):
    """A name and a user to try things with: somebody made up, else the newest; None if there is nobody."""
    person = User.demo_people().first() or User.select().order_by(User.id.desc()).first()
    name = person.username if person else "person"
    usable = name.isidentifier() and not keyword.iskeyword(name) and name not in taken
    return (name if usable else "person"), person

"""Commands about background tasks: ``flask tasks …``."""

import json
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from microblog.base.database import connected
from microblog.base.i18n import N_
from microblog.cli import work
from microblog.cli.accounts import user_named
from microblog.security.security_log import OPERATOR
from microblog.tasks import activity
from microblog.tasks.attempt import Attempt
from microblog.tasks.example import example
from microblog.tasks.exceptions import NothingToRetry, TaskInProgress, UnknownJob
from microblog.tasks.states import QUEUED, RUNNING, STATES
from microblog.tasks.task import Task
from microblog.tasks.task_filter import TaskFilter

HELP = """Look at background tasks, retry and cancel them, hold new work; start the example.

For ID the reference is enough that people see, the first eight characters."""

MOST_NAMED = 5

tasks = AppGroup("tasks", help=HELP)
task_id = click.argument("task_id", metavar="ID")
day = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
for command in work.COMMANDS:
    tasks.add_command(command)


@tasks.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those; else all that have not ended.")
@click.option("--kind", help="Only those of the job of that name.")
@click.option("--user", "username", metavar="NAME", help="Only those of that person.")
@click.option("--since", type=day, help="Only those asked for from then on, UTC.")
@click.option("--until", type=day, help="Only those asked for before, UTC.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def index(state, kind, username, since, until, limit):
    """Print tasks, newest first: id, state, progress, since when, kind, user; why it failed or waits."""
    states = [state] if state else [QUEUED, RUNNING]
    since, until = (moment and moment.replace(tzinfo=UTC) for moment in (since, until))
    with connected():
        user = username and user_named(username)
        found = [task for one in states for task in TaskFilter(one, kind, user, since, until).newest(limit)]
        found = sorted(found, key=lambda task: task.created_at, reverse=True)[:limit]
        at_work = activity.now()
        for task in found:
            user = task.user.username if task.user else "-"
            since = f"{task.state_since:%Y-%m-%d %H:%M:%SZ}"
            why = f"waits: {at_work.why(task)}" if task.state == QUEUED else task.error or ""
            click.echo(f"{task.id}  {task.state:9}  {task.progress:3} %  {since}  {task.name}  {user}  {why}")
    if not found:
        click.echo("no such tasks; those that have ended: tasks list --state succeeded", err=True)


@tasks.command("show")
@task_id
def show(task_id):
    """Print what is known of the task ID, as JSON."""
    with connected():
        task = _task(task_id)
        known = _known(task) | {"history": [_known(attempt) for attempt in Attempt.of(task)]}
    click.echo(json.dumps(known, indent=2, ensure_ascii=False))


@tasks.command("retry")
@task_id
def retry(task_id):
    """Do again what the ended task ID was about, and print the id of the new one."""
    with connected():
        try:
            click.echo(_task(task_id).launch_again(by=OPERATOR).id)
        except NothingToRetry as error:
            raise click.ClickException("only what failed or was cancelled is done again") from error
        except UnknownJob as error:
            raise click.ClickException(f"this version of the site knows no job {error}") from error
        except TaskInProgress as error:
            raise click.ClickException(
                "its user has another of this kind under way; wait for its end, or cancel it"
            ) from error


@tasks.command("cancel")
@task_id
def cancel(task_id):
    """End the task ID: at once while it waits, else within its next step."""
    with connected():
        task = _task(task_id)
        if task.complete:
            raise click.ClickException(f"it has ended already: {task.state}")
        task.cancel(by=OPERATOR)
        ended = _task(task.id)
        click.echo(ended.state if ended.complete else "its worker was told to stop")


@tasks.command("example")
@click.argument("seconds", type=click.IntRange(1, 3600))
def start_example(seconds):
    """Start the tutorial's example job, which counts SECONDS."""
    with connected():
        click.echo(Task.launch(example, None, N_("Counting seconds..."), seconds=seconds).id)


def _task(beginning):
    """The one task whose id begins with *beginning*."""
    found = list(Task.beginning_with(beginning).limit(MOST_NAMED))
    if not found:
        raise click.ClickException(f"there is no task {beginning}; see: tasks list --state …")
    if len(found) > 1:
        ids = ", ".join(task.id for task in found)
        raise click.ClickException(f"more than one task begins like this: {ids}")
    return found[0]


def _known(row):
    return {field: _plain(value) for field, value in row.__data__.items()}


def _plain(value):
    return value.isoformat() if isinstance(value, datetime) else value


COMMANDS = (tasks,)

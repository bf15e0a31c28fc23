import pytest
from peewee import sqlite3

from microblog.base.database import db
from microblog.models import User
from microblog.tables import MODELS
from microblog.tasks.exceptions import UnknownJob
from microblog.tasks.jobs import jobs
from microblog.tasks.queue import huey
from microblog.tasks.task import Task


def test_the_shell_knows_every_model_and_can_query_at_once(app, susan, monkeypatch):
    monkeypatch.setattr(db, "execute_sql", db.execute_sql)
    db.close()

    with app.app_context():
        shell = app.make_shell_context()

    assert {model.__name__ for model in MODELS} <= shell.keys()
    assert shell["User"].select().count() == 1
    shell["db"].close()


def test_the_shell_has_the_queue_every_job_and_somebody_to_try_them_with(app, susan, monkeypatch, capsys):
    monkeypatch.setattr(db, "execute_sql", db.execute_sql)
    with app.app_context():
        shell = app.make_shell_context()

    assert shell["susan"] == susan
    assert shell["huey"] is huey
    assert {name for name, job in jobs.items() if job.model is Task} <= shell.keys()
    assert "launch(example, susan, seconds=23)" in capsys.readouterr().err


def test_a_loop_over_people_in_the_shell_may_launch_while_others_write(
    app, susan, john, monkeypatch, nobody_works
):
    monkeypatch.setattr(db, "execute_sql", db.execute_sql)
    with app.app_context():
        shell = app.make_shell_context()
    other = sqlite3.connect(db.database)

    for user in User.select():
        other.execute("UPDATE user SET about_me = 'written meanwhile'")
        other.commit()
        shell["launch"](shell["example"], user, seconds=1)

    other.close()
    assert Task.select().count() == 2


def test_the_words_of_the_tutorial_lead_to_ours(app, susan, nobody_works):
    with app.app_context():
        task = susan.launch_task("export_posts", "Exporting posts...")

    assert susan.get_tasks_in_progress() == [task]
    assert susan.get_task_in_progress("export_posts") == task
    assert susan.get_task_in_progress("example") is None
    Task.update(progress=40).execute()
    assert task.get_progress() == 40
    with pytest.raises(UnknownJob):
        susan.launch_task("no_such_job", "")

import re
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from peewee import OperationalError
from playhouse.pool import PooledSqliteDatabase

from microblog import database
from microblog.config import ROOT
from microblog.database import connected, db
from microblog.models import MODELS, TRIGGERS, Post


def schema(of):
    rows = of.execute_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    ours = {name: sql for name, sql in rows if not name.startswith(("sqlite_", "schema_migration"))}
    return {name: re.sub(r"\s+", "", sql) for name, sql in ours.items()}


def test_migrations_make_the_same_schema_as_the_models(app, tmp_path):
    fresh = PooledSqliteDatabase(str(tmp_path / "fresh.db"))
    with fresh.bind_ctx(MODELS):
        fresh.create_tables(MODELS)
    for statement in TRIGGERS:
        fresh.execute_sql(statement)

    assert schema(db) == schema(fresh)
    fresh.close_all()


def test_a_second_migration_finds_nothing_to_do(app):
    assert database.migrate(TRIGGERS) == []


KILLED_IN_MID_STEP = """
import sys
from pathlib import Path
from microblog import database

database.MIGRATIONS = Path(sys.argv[1])
database.init(sys.argv[2])
database.migrate([])
"""


def test_a_step_that_was_cut_short_is_done_again(app, tmp_path, monkeypatch, susan):
    steps = tmp_path / "steps"
    shutil.copytree(database.MIGRATIONS, steps)
    step = "def up(_migrator, db):\n    db.execute_sql('CREATE TABLE more (id)')\n"
    (steps / "9000_next.py").write_text(
        f"import os\n\n\n{step}    os.kill(os.getpid(), {signal.SIGKILL:d})\n"
    )
    command = [sys.executable, "-c", KILLED_IN_MID_STEP, steps, tmp_path]
    assert subprocess.run(command, cwd=ROOT).returncode == -signal.SIGKILL
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    assert (database.pending(), db.table_exists("more")) == (["9000_next"], False)

    (steps / "9000_next.py").write_text(step)

    assert database.migrate(TRIGGERS) == ["9000_next"]
    assert db.table_exists("more")


def test_triggers_that_a_migration_which_was_cut_short_did_not_make_are_made(app):
    def names():
        return {name for (name,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")}

    whole = names()
    for name in whole:
        db.execute_sql(f"DROP TRIGGER {name}")

    database.migrate(TRIGGERS)

    assert names() == whole


def test_a_newer_database_is_refused(app):
    db.execute_sql(
        "INSERT INTO schema_migration (name, applied) VALUES ('9999_from_the_future', '2030-01-01')"
    )

    with pytest.raises(database.SchemaError, match="9999_from_the_future"):
        database.migrate(TRIGGERS)


def test_a_database_is_copied_before_it_is_migrated(app, tmp_path, monkeypatch, susan):
    steps = tmp_path / "steps"
    shutil.copytree(database.MIGRATIONS, steps)
    (steps / "9000_next.py").write_text(
        "def up(_migrator, db):\n    db.execute_sql('CREATE TABLE more (id)')\n"
    )
    monkeypatch.setattr(database, "MIGRATIONS", steps)

    assert database.migrate(TRIGGERS) == ["9000_next"]

    [copy] = (tmp_path / "before-upgrade").iterdir()
    old = PooledSqliteDatabase(str(copy))
    assert old.execute_sql("SELECT username FROM user").fetchall() == [("susan",)]
    assert not old.table_exists("more")
    old.close_all()


def test_times_are_aware_and_sort_as_the_moments_do(susan):
    moment = datetime(2026, 11, 22, 14, 31, tzinfo=UTC)
    later = (moment + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=-8)))
    for body, timestamp in (("later", later), ("first", moment)):
        Post.create(author=susan, body=body, timestamp=timestamp)

    posts = list(Post.select().order_by(Post.timestamp))

    assert [post.body for post in posts] == ["first", "later"]
    assert posts[0].timestamp == moment
    assert posts[0].timestamp.tzinfo is UTC


def test_connected_leaves_an_open_connection_open(app):
    with connected():
        assert not db.is_closed()

    assert not db.is_closed()


def test_connected_closes_what_it_opened(app):
    seen = []

    def elsewhere():
        with connected():
            seen.append(db.is_closed())
        seen.append(db.is_closed())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [False, True]


def test_two_writers_wait_for_each_other_instead_of_failing(susan):
    """Each reads, then writes: without BEGIN IMMEDIATE the second fails at once."""
    errors = []

    def write(number):
        try:
            with connected():
                for _ in range(50):
                    with db.atomic():
                        Post.select().count()
                        Post.create(author=susan, body=f"from {number}")
        except OperationalError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert Post.select().count() == 200


def test_a_copy_is_whole_and_private(susan, tmp_path):
    path = tmp_path / "copies" / "copy.db"
    database.copy_into(path)

    copy = PooledSqliteDatabase(str(path))
    assert copy.execute_sql("SELECT username FROM user").fetchall() == [("susan",)]
    assert path.stat().st_mode & 0o777 == 0o600
    copy.close_all()

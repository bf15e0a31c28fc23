"""The errors are SQLite's own, raised by the very library that the site uses."""

import errno

import pytest
from peewee import OperationalError, SqliteDatabase

from microblog.base import error_codes
from microblog.base.database import db
from microblog.ops import nightly
from microblog.tasks import queue


@pytest.fixture
def other(app):
    """Another connection to the database, which waits for nothing."""
    other = SqliteDatabase(db.database, timeout=0)
    yield other
    other.close()


def error_of(act):
    with pytest.raises(OperationalError) as caught:
        act()
    return [kind for kind in ("is_busy", "is_full", "is_mistake") if getattr(error_codes, kind)(caught.value)]


def test_a_lock_of_another_connection_is_busy(other):
    with db.atomic():
        assert error_of(lambda: other.execute_sql("BEGIN IMMEDIATE")) == ["is_busy"]


def test_a_database_that_cannot_grow_is_full(other):
    other.execute_sql("PRAGMA max_page_count = 1")

    assert error_of(lambda: other.execute_sql("CREATE TABLE more AS SELECT randomblob(1000000) AS text")) == [
        "is_full"
    ]


def test_a_statement_that_cannot_be_understood_is_a_mistake(app):
    assert error_of(lambda: db.execute_sql("SELECT * FROM nowhere")) == ["is_mistake"]


def test_a_database_that_cannot_be_opened_is_none_of_them(app, tmp_path):
    assert error_of(SqliteDatabase(str(tmp_path / "missing" / "microblog.db")).connect) == []


def test_an_error_that_peewee_raised_by_itself_is_none_of_them():
    def fail():
        raise OperationalError("database is locked")

    assert error_of(fail) == []


def test_full_and_locked_are_outages_and_a_mistake_is_none(other):
    other.execute_sql("PRAGMA max_page_count = 1")
    for statement in ("CREATE TABLE more AS SELECT randomblob(1000000) AS text", "SELECT * FROM nowhere"):
        with pytest.raises(OperationalError) as caught:
            other.execute_sql(statement)
        assert error_codes.is_outage(caught.value) == ("nowhere" not in statement)
    assert error_codes.is_outage(OSError(errno.ENOSPC, "full"))
    assert not error_codes.is_outage(OSError(errno.ENOENT, "not there"))
    assert not error_codes.is_outage(KeyError("a bug"))


def grow_too_large():
    full = SqliteDatabase(db.database, timeout=0)
    try:
        full.execute_sql("PRAGMA max_page_count = 1")
        full.execute_sql("CREATE TABLE more AS SELECT randomblob(1000000) AS text")
    finally:
        full.close()


def be_a_bug():
    raise KeyError("on purpose")


BEHIND_THE_SCENES = {
    "what the consumer does besides its work": lambda act: queue.huey._attempt([act]),
    "nightly work": lambda act: nightly._do(act),
}


@pytest.mark.parametrize("attempt", BEHIND_THE_SCENES.values(), ids=BEHIND_THE_SCENES)
def test_nobody_who_reads_the_log_takes_a_full_disk_for_a_bug(app, attempt, logged_errors):
    attempt(grow_too_large)
    attempt(be_a_bug)

    full, bug = logged_errors
    assert full.endswith("grow_too_large failed: database or disk is full")
    assert "Traceback" not in full
    assert "Traceback" in bug
    logged_errors.clear()

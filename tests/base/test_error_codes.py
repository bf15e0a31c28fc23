"""The errors are SQLite's own, raised by the very library that the site uses."""

import pytest
from peewee import OperationalError, SqliteDatabase

from microblog.base import error_codes
from microblog.base.database import db


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

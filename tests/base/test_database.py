import re
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from peewee import IntegrityError, OperationalError
from playhouse.pool import PooledSqliteDatabase

from microblog.base import database, error_codes
from microblog.base.config import ROOT
from microblog.base.database import connected, db, execute_many
from microblog.models import Message, Post


def test_times_are_aware_and_sort_as_the_moments_do(susan, john):
    moment = datetime(2026, 11, 22, 14, 31, tzinfo=UTC)
    later = (moment + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=-8)))
    for body, timestamp in (("later", later), ("first", moment)):
        Message.create(sender=susan, recipient=john, body=body, timestamp=timestamp)

    messages = list(Message.select().order_by(Message.timestamp))

    assert [message.body for message in messages] == ["first", "later"]
    assert messages[0].timestamp == moment
    assert messages[0].timestamp.tzinfo is UTC


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


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_the_error_at_which_sqlite_itself_undoes_everything_is_told(susan, depth):
    """It does so on a full disk; ``OR ROLLBACK`` asks for the same."""

    def write():
        db.execute_sql("INSERT OR ROLLBACK INTO user SELECT * FROM user")

    for _ in range(depth):
        write = db.atomic()(write)

    with pytest.raises(IntegrityError, match="UNIQUE"):
        write()

    assert not db.in_progress
    assert not db.in_transaction()


def test_many_rows_for_which_there_is_no_room_are_a_full_disk(app):
    db.execute_sql("CREATE TABLE large (text)")
    pages = db.execute_sql("PRAGMA page_count").fetchone()[0]
    db.execute_sql(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(OperationalError) as refusal:
        execute_many("INSERT INTO large VALUES (?)", [("long" * 1000,)] * 100)

    assert error_codes.is_full(refusal.value)


def test_nobody_goes_past_the_errors_of_peewee():
    code = [path for path in (ROOT / "microblog").rglob("*.py") if path.parent.name != "migrations"]
    past = [path.name for path in code if re.search(r"connection\(\)\s*\.(execute|cursor)", path.read_text())]

    assert past == ["database.py"]

"""The one SQLite file: its pragmas, connections, times and copies."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, Self

from flask import Flask, g
from peewee import DatabaseError, DateTimeField, Model, OperationalError, _savepoint
from playhouse.pool import PooledSqliteDatabase

from microblog.base.prepared import insert
from microblog.base.sqlite import peewee_errors

Parameters = ParamSpec("Parameters")

FILE_NAME = "microblog.db"
LARGEST_ID = 2**63 - 1
BUSY_TIMEOUT_MS = 10_000

# busy_timeout comes first: setting the others already needs the lock that another process may hold.
PRAGMAS = [
    ("busy_timeout", BUSY_TIMEOUT_MS),
    ("journal_mode", "wal"),
    ("synchronous", "normal"),
    ("foreign_keys", 1),
    ("cache_size", -200),
    ("temp_store", "memory"),
    ("journal_size_limit", 64 * 1024**2),
]


class Database(PooledSqliteDatabase):
    """
    Undoes only what is still there to be undone.

    On a full disk SQLite may roll back by itself. To try again would be an error that hides the first one.
    """

    def rollback(self) -> None:
        if self.in_progress:
            super().rollback()

    def savepoint(self) -> "Savepoint":
        return Savepoint(self)

    @property
    def in_progress(self) -> bool:
        """Whether SQLite knows of a transaction that this thread has begun."""
        return self.connection().in_transaction


class Savepoint(_savepoint):
    def rollback(self, begin: bool = True) -> None:
        if self.db.in_progress:
            super().rollback(begin)


# IMMEDIATE takes the write lock first and waits its turn. A transaction that reads and then writes would
# fail at once, whatever the timeout, if another writer came in between.
db = Database(
    None, lock_type="IMMEDIATE", autoconnect=False, check_same_thread=False, max_connections=64, timeout=10
)
os.register_at_fork(after_in_child=db.dispose)
log = logging.getLogger(__name__)


class DamagedCopy(DatabaseError):
    """A copy of the database did not pass SQLite's quick check."""


# The present moment in SQL, as a UTCDateTimeField stores it.
NOW = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


class UTCDateTimeField(DateTimeField):
    """Aware UTC in Python; in SQLite a text of fixed width, so that it sorts by time."""

    def db_value(self, value: datetime | None) -> str | None:
        # As strftime would write it, in a third of the time.
        return value.astimezone(UTC).isoformat(" ", "microseconds")[:26] if value else None

    def python_value(self, value: str | None) -> datetime | None:
        # With the offset in the text it takes a fifth of the time of setting it afterwards.
        return datetime.fromisoformat(f"{value}+00:00") if value else None


class BaseModel(Model):
    class Meta:
        database = db
        legacy_table_names = False

    @classmethod
    def create(cls, **values: object) -> Self:
        """Insert a row and return it."""
        row = cls(**values)
        insert(row)
        return row


def init(folder: Path | str) -> None:
    """Point the database at the file in *folder*; nothing is opened yet."""
    db.init(str(Path(folder) / FILE_NAME), pragmas=PRAGMAS)


def data_dir() -> Path:
    """The folder that holds the database file and everything else that must be kept."""
    return Path(db.database).parent


@contextmanager
def connected() -> Iterator[None]:
    """A connection for the block; one that this thread holds already is reused and left open."""
    opened = db.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened:
            db.close()


def execute_many(statement: str, rows: Iterable[Sequence[object]]) -> None:
    """
    Execute *statement* once for each of *rows*: Peewee's own way takes four times as long for a million.

    Raises:
        DatabaseError: as Peewee has it, so that a full disk is told as such.
    """
    with peewee_errors:
        db.connection().executemany(statement, rows)


def unless_busy(write: Callable[Parameters, object]) -> Callable[Parameters, None]:
    """
    Decorate *write*, which then is one transaction that happens at once or is left out.

    For what a request notes besides its own work: no reader waits for it, and no full disk shuts them out.
    """

    @wraps(write)
    def attempt(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        _wait_at_most(0)
        try:
            with db.atomic():
                write(*args, **kwargs)
        except OperationalError as error:
            log.debug("%s is left out: %s", write.__qualname__, error)
        finally:
            _wait_at_most(BUSY_TIMEOUT_MS)

    return attempt


def init_app(app: Flask, is_needed: Callable[[], bool] = lambda: True) -> None:
    """
    Give each request a connection for which *is_needed*; one that the thread held before stays open.

    What needs none is answered even if the database cannot be opened.
    """

    @app.before_request
    def open_connection() -> None:
        if is_needed():
            g.connection_opened = db.connect(reuse_if_open=True)

    @app.teardown_request
    def close_connection(_error: BaseException | None) -> None:
        if g.pop("connection_opened", False):
            db.close()


def copy_into(path: Path) -> None:
    """
    Write a compact, consistent copy of the database to *path*, whole or not at all.

    Raises:
        DamagedCopy: what was written is not sound.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    db.execute_sql("VACUUM INTO ?", (str(draft),))
    draft.chmod(0o600)
    copy = PooledSqliteDatabase(str(draft))
    try:
        if copy.execute_sql("PRAGMA quick_check").fetchone() != ("ok",):
            raise DamagedCopy(f"the copy {draft} is damaged; is the disk sound?")
    finally:
        copy.close_all()
    draft.rename(path)


def _wait_at_most(timeout_ms: int) -> None:
    """How long this connection waits for another process's lock."""
    db.execute_sql(f"PRAGMA busy_timeout = {timeout_ms}")

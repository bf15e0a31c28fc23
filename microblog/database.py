"""The one SQLite file: its pragmas, connections, times, migrations and copies."""

import logging
import os
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path

from flask import g
from peewee import DateTimeField, Model, OperationalError
from playhouse.migrations import Runner
from playhouse.pool import PooledSqliteDatabase

from microblog.locks import locked

FILE_NAME = "microblog.db"
LARGEST_ID = 2**63 - 1
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000

# busy_timeout comes first: setting the others already needs the lock that another process may hold.
PRAGMAS = [
    ("busy_timeout", BUSY_TIMEOUT_MS),
    ("journal_mode", "wal"),
    ("synchronous", "normal"),
    ("foreign_keys", 1),
    ("cache_size", -16_000),
    ("temp_store", "memory"),
    ("journal_size_limit", 64 * 1024**2),
]

# IMMEDIATE takes the write lock first and waits its turn. A transaction that reads and then writes would
# fail at once, whatever the timeout, if another writer came in between.
db = PooledSqliteDatabase(
    None, lock_type="IMMEDIATE", autoconnect=False, check_same_thread=False, max_connections=64, timeout=10
)
os.register_at_fork(after_in_child=db.dispose)
log = logging.getLogger(__name__)


class SchemaError(RuntimeError):
    """The database file does not fit this version of Microblog."""


class UTCDateTimeField(DateTimeField):
    """Aware UTC in Python; in SQLite a text of fixed width, so that it sorts by time."""

    def db_value(self, value):
        return value and value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

    def python_value(self, value):
        return value and datetime.fromisoformat(value).replace(tzinfo=UTC)


class BaseModel(Model):
    class Meta:
        database = db
        legacy_table_names = False


def init(folder, **options):
    """Point the database at the file in *folder*; nothing is opened yet."""
    db.init(str(Path(folder) / FILE_NAME), pragmas=PRAGMAS, **options)


def data_dir():
    """The folder that holds the database file and everything else that must be kept."""
    return Path(db.database).parent


@contextmanager
def connected():
    """A connection for the block; one that this thread holds already is reused and left open."""
    opened = db.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened:
            db.close()


def unless_busy(write):
    """
    Decorate *write*, which then is one transaction that happens at once or is left out.

    For what a request notes besides its own work: no reader waits for it, and no full disk shuts them out.
    """

    @wraps(write)
    def attempt(*args):
        _wait_at_most(0)
        try:
            with db.atomic():
                write(*args)
        except OperationalError as error:
            log.debug("%s is left out: %s", write.__qualname__, error)
        finally:
            _wait_at_most(BUSY_TIMEOUT_MS)

    return attempt


def init_app(app):
    """Give each request a connection; one that the thread held before stays open."""

    @app.before_request
    def open_connection():
        g.connection_opened = db.connect(reuse_if_open=True)

    @app.teardown_request
    def close_connection(_error):
        if g.pop("connection_opened", False):
            db.close()


def migrate(triggers, tell=lambda _line: None):
    """
    Bring the schema up to date, one process at a time, and return the names of the applied migrations.

    A database that was in use is first copied to ``before-upgrade/``, and *tell* is called with a line that
    says so. *triggers* are the statements that create the triggers again: rebuilding a table drops them.

    Raises:
        SchemaError: the database was written by a newer version.
    """
    with locked(data_dir() / "run" / "migrate.lock"), connected():
        runner = Runner(db, str(MIGRATIONS))
        if pending() and runner.applied():
            copy = data_dir() / "before-upgrade" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
            copy_into(copy)
            tell(f"database: copied to {copy}, then brought up to date")
        applied = runner.up()
        # Even if nothing was applied: an earlier run may have been interrupted right before this.
        for statement in triggers:
            db.execute_sql(statement)
        return applied


def pending():
    """
    Names of the migrations that the database still needs.

    Raises:
        SchemaError: the database was written by a newer version.
    """
    history = Runner(db, str(MIGRATIONS)).status()
    if newer := [step.name for step in history if step.path is None]:
        raise SchemaError(f"the database is newer than this version: it knows {', '.join(newer)}")
    return [step.name for step in history if not step.applied]


def refuse_misfit():
    """
    Check the schema, for processes that use the database and leave migrating to others.

    Raises:
        SchemaError: the database was written by a newer version, or still needs migrations.
    """
    if waiting := pending():
        raise SchemaError(f"the database lacks {', '.join(waiting)}; run: flask --app microblog migrate")


def copy_into(path):
    """
    Write a compact, consistent copy of the database to *path*, whole or not at all.

    Raises:
        SchemaError: the copy did not pass SQLite's quick check.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    db.execute_sql("VACUUM INTO ?", (str(draft),))
    draft.chmod(0o600)
    copy = PooledSqliteDatabase(str(draft))
    try:
        if copy.execute_sql("PRAGMA quick_check").fetchone() != ("ok",):
            raise SchemaError(f"the copy {draft} is damaged; is the disk sound?")
    finally:
        copy.close_all()
    draft.rename(path)


def _wait_at_most(timeout_ms):
    """How long this connection waits for another process's lock."""
    db.execute_sql(f"PRAGMA busy_timeout = {timeout_ms}")

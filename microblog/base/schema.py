"""The schema of the database: brought up to date by numbered migrations, refused where it does not fit."""

from pathlib import Path

from playhouse.migrations import Runner

from microblog.base import clock
from microblog.base.database import connected, copy_into, data_dir, db
from microblog.base.locks import locked

MIGRATIONS = Path(__file__).parent.parent / "migrations"


class SchemaError(RuntimeError):
    """The database file does not fit this version of Microblog."""


def migrate(triggers, tell=lambda _line: None):
    """
    Bring the schema up to date, one process at a time, and return the names of the applied migrations.

    A database that was in use is first copied to ``before-upgrade/``, and *tell* is called with a line that
    says so. *triggers* are the statements that create the triggers again: rebuilding a table drops them.

    Raises:
        SchemaError: the database was written by a newer version.
        DamagedCopy: the copy is not sound, and nothing was migrated.
    """
    with locked(data_dir() / "run" / "migrate.lock"), connected():
        runner = Runner(db, str(MIGRATIONS))
        if pending() and runner.applied():
            copy = data_dir() / "before-upgrade" / f"{clock.now():%Y%m%dT%H%M%SZ}.db"
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

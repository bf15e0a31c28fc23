"""The schema of the database: brought up to date by numbered migrations, refused where it does not fit."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase
from playhouse.migrations import Runner

from microblog.base import clock
from microblog.base.database import connected, copy_into, data_dir, db
from microblog.base.locks import locked

MIGRATIONS = Path(__file__).parent.parent / "migrations"
# Kind, name, table and statement.
Definition = tuple[str, ...]
# What ANALYZE makes, numbers that only help SQLite to plan, and what Litestream notes while it copies.
MADE_BY_OTHERS: set[Definition] = {
    ("table", name, name, f"CREATETABLE{name}({columns})")
    for name, columns in (
        ("sqlite_stat1", "tbl,idx,stat"),
        ("sqlite_stat4", "tbl,idx,neq,nlt,ndlt,sample"),
        ("_litestream_lock", "idINTEGER"),
        ("_litestream_seq", "idINTEGERPRIMARYKEY,seqINTEGER"),
    )
}


class SchemaError(RuntimeError):
    """The database file does not fit this version of Microblog."""


def migrate(triggers: Iterable[str], tell: Callable[[str], object] = lambda _line: None) -> list[str]:
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


def pending() -> list[str]:
    """
    Names of the migrations that the database still needs.

    Raises:
        SchemaError: the database was written by a newer version.
    """
    return [step.name for step in _history(db) if not step.applied]


def _history(database: SqliteDatabase) -> list[Any]:
    history = Runner(database, str(MIGRATIONS)).status()
    if newer := [step.name for step in history if step.path is None]:
        raise SchemaError(f"the database is newer than this version: it knows {', '.join(newer)}")
    return history


def refuse_misfit() -> None:
    """
    Check the schema, for processes that use the database and leave migrating to others.

    Raises:
        SchemaError: the database was written by a newer version, or still needs migrations.
    """
    if waiting := pending():
        raise SchemaError(f"the database lacks {', '.join(waiting)}; run: flask migrate")


def refuse_foreign(database: SqliteDatabase, triggers: Iterable[str]) -> None:
    """
    Check that *database* defines exactly what Microblog's migrations and *triggers* do: definitions are code.

    Of a former version's triggers only those of migrations are known: the others are dropped, and migrating
    makes the present ones.

    Raises:
        SchemaError: it is newer, or something in it is missing, changed or foreign.
    """
    history = _history(database)
    applied = [step.name for step in history if step.applied]
    if not applied or applied != [step.name for step in history][: len(applied)]:
        raise SchemaError("it was not made by Microblog's migrations")
    is_former = len(applied) < len(history)
    known = _known(applied[-1], [] if is_former else triggers)
    if is_former:
        _drop_triggers(database, _definitions(database) - known)
    if strange := _definitions(database) ^ known:
        names = sorted({f"{kind} {name!r:.60}" for kind, name, *_ in strange})
        raise SchemaError(f"it has not Microblog's schema, see {', '.join(names[:5])}")


def _known(last: str, triggers: Iterable[str]) -> set[Definition]:
    """What the migrations up to the *last* and *triggers* define."""
    with closing(SqliteDatabase(":memory:")) as known:
        with _quietly():
            Runner(known, str(MIGRATIONS)).up(last)
        for statement in triggers:
            known.execute_sql(statement)
        return _definitions(known)


@contextmanager
def _quietly() -> Iterator[None]:
    """Nobody wants to read that a database was brought up to date which is there for a comparison only."""
    log = logging.getLogger("peewee.migrations")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


def _definitions(database: SqliteDatabase) -> set[Definition]:
    """All that *database* defines; white space does not count."""
    rows = database.execute_sql("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {(*names, re.sub(r"\s+", "", sql or "")) for *names, sql in rows} - MADE_BY_OTHERS


def _drop_triggers(database: SqliteDatabase, definitions: Iterable[Definition]) -> None:
    for kind, name, *_ in definitions:
        if kind == "trigger":
            quoted = name.replace('"', '""')
            database.execute_sql(f'DROP TRIGGER "{quoted}"')

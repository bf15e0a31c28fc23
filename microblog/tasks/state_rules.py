"""What the database itself allows to happen to a work item: triggers, made from ``states.TRANSITIONS``."""

from peewee import SQL, ModelIndex

from microblog.tasks.claims import CRASHED, Claimable
from microblog.tasks.states import TRANSITIONS

# A failure that nobody has seen to: neither tried again nor dismissed. As a literal, like ``CRASHED``;
# with the plus, or SQLite would rather search among all that failed.
FAILURE = SQL("+state = 'failed' AND dismissed_at IS NULL")


def crashed_index(model: type[Claimable]) -> ModelIndex:
    """The index by which a claim finds what waits after a crash, however much else waits."""
    name = f"{model._meta.table_name}_crashed"
    return model.index(model.state, model.run_after, where=CRASHED, name=name)


def triggers(table: str, *columns: str) -> list[str]:
    """SQL of the triggers that allow only known transitions, and no change of a final row's *columns*."""
    allowed = ", ".join(f"'{old} {new}'" for old, nexts in TRANSITIONS.items() for new in (old, *nexts))
    return [
        f"""
        CREATE TRIGGER IF NOT EXISTS {table}_transition BEFORE UPDATE OF state ON {table}
        WHEN OLD.finished_at IS NULL AND OLD.state || ' ' || NEW.state NOT IN ({allowed})
        BEGIN SELECT RAISE(ABORT, 'no such transition of a {table}'); END
        """,
        f"""
        CREATE TRIGGER IF NOT EXISTS {table}_final
        BEFORE UPDATE OF {", ".join(("state", "error", "finished_at", *columns))} ON {table}
        WHEN OLD.finished_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'a finished {table} is final'); END
        """,
    ]

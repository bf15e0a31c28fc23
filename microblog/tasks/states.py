"""The states of a task or a mail, the transitions between them, and the triggers that allow no others."""

QUEUED, RUNNING = "queued", "running"
SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"

# From each state to the next ones, with what leads there. Triggers enforce it, docs/architecture.md shows it.
TRANSITIONS = {
    QUEUED: {RUNNING: "claim", CANCELLED: "cancel", FAILED: "nobody can do it"},
    RUNNING: {
        QUEUED: "retry, release, recover",
        SUCCEEDED: "finish",
        FAILED: "attempts used up, or past mending",
        CANCELLED: "cancel",
    },
    SUCCEEDED: {},
    FAILED: {},
    CANCELLED: {},
}
STATES = tuple(TRANSITIONS)


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

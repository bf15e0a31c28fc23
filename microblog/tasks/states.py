"""The states of a task or a mail, and the transitions between them: all that the database allows."""

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

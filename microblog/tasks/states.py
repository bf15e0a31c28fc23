"""The states and phases of a task or a mail."""

QUEUED, RUNNING = "queued", "running"
SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)

# Phases of the work: each start in WRITING counts as an attempt, each in MAILING as a try to mail.
WRITING, MAILING = "writing", "mailing"

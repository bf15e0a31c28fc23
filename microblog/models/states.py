"""The words for where a task or a mail stands."""

QUEUED, RUNNING = "queued", "running"
SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)

# Phases of the work: what is written counts as an attempt, what is mailed as a try of its own.
WRITING, MAILING = "writing", "mailing"

"""
Attempts at tasks, and the threads that work on tasks and mails.

The indexes: the tasks of a kind and state, newest first, and the failures that nobody has seen to.
"""

STATEMENTS = [
    """
    CREATE TABLE "attempt" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "task_id" VARCHAR(36) NOT NULL,
        "consumer_id" VARCHAR(32),
        "thread" VARCHAR(32),
        "started_at" DATETIME NOT NULL,
        "ended_at" DATETIME,
        "ending" VARCHAR(16),
        "error" VARCHAR(255),
        FOREIGN KEY ("task_id") REFERENCES "task" ("id") ON DELETE CASCADE
    )
    """,
    'CREATE INDEX "attempt_task_id" ON "attempt" ("task_id")',
    'ALTER TABLE "task" ADD COLUMN "thread" VARCHAR(32)',
    'ALTER TABLE "mail" ADD COLUMN "thread" VARCHAR(32)',
    'CREATE INDEX "task_name_state_created_at" ON "task" ("name", "state", "created_at")',
    """
    CREATE INDEX "task_failures" ON "task" ("name", "error", "created_at")
    WHERE +state = 'failed' AND dismissed_at IS NULL
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

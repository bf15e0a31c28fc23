"""How often a row lost its worker, and the traceback of its job: two more columns for tasks and mails."""

STATEMENTS = [
    """
    CREATE TABLE "mail_with_crashes" (
        "id" VARCHAR(36) NOT NULL PRIMARY KEY,
        "state" VARCHAR(16) NOT NULL,
        "phase" VARCHAR(16) NOT NULL,
        "attempts" INTEGER NOT NULL,
        "mail_attempts" INTEGER NOT NULL,
        "crashes" INTEGER NOT NULL,
        "mailing_at" DATETIME,
        "mailed_at" DATETIME,
        "mail_resent" INTEGER NOT NULL,
        "worker" VARCHAR(32),
        "run_after" DATETIME NOT NULL,
        "error" VARCHAR(255),
        "trace" TEXT,
        "created_at" DATETIME NOT NULL,
        "started_at" DATETIME,
        "finished_at" DATETIME,
        "kind" VARCHAR(32) NOT NULL,
        "recipient" VARCHAR(254) NOT NULL,
        "user_id" INTEGER,
        "arguments" TEXT NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        CHECK ((finished_at IS NULL) = (state IN ('queued', 'running'))),
        CHECK (state <> 'failed' OR error IS NOT NULL)
    )
    """,
    """
    INSERT INTO mail_with_crashes (
        id, state, phase, attempts, mail_attempts, mailing_at, mailed_at, mail_resent, worker,
        run_after, error, created_at, started_at, finished_at, kind, recipient, user_id,
        arguments, crashes)
    SELECT
        id, state, phase, attempts, mail_attempts, mailing_at, mailed_at, mail_resent, worker,
        run_after, error, created_at, started_at, finished_at, kind, recipient, user_id,
        arguments, 0
    FROM mail
    """,
    "DROP TABLE mail",
    "ALTER TABLE mail_with_crashes RENAME TO mail",
    """
    CREATE TABLE "task_with_crashes" (
        "id" VARCHAR(36) NOT NULL PRIMARY KEY,
        "state" VARCHAR(16) NOT NULL,
        "phase" VARCHAR(16) NOT NULL,
        "attempts" INTEGER NOT NULL,
        "mail_attempts" INTEGER NOT NULL,
        "crashes" INTEGER NOT NULL,
        "mailing_at" DATETIME,
        "mailed_at" DATETIME,
        "mail_resent" INTEGER NOT NULL,
        "worker" VARCHAR(32),
        "run_after" DATETIME NOT NULL,
        "error" VARCHAR(255),
        "trace" TEXT,
        "created_at" DATETIME NOT NULL,
        "started_at" DATETIME,
        "finished_at" DATETIME,
        "name" VARCHAR(128) NOT NULL,
        "description" VARCHAR(128) NOT NULL,
        "user_id" INTEGER,
        "arguments" TEXT NOT NULL,
        "done" INTEGER NOT NULL,
        "total" INTEGER,
        "progress" INTEGER NOT NULL,
        "advanced_at" DATETIME,
        "cancel_requested" INTEGER NOT NULL,
        "note" VARCHAR(255),
        "result" TEXT,
        "file_expires_at" DATETIME,
        "dismissed_at" DATETIME,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        CHECK ((finished_at IS NULL) = (state IN ('queued', 'running'))),
        CHECK (state <> 'failed' OR error IS NOT NULL),
        CHECK (progress BETWEEN 0 AND 100 AND (progress = 100) = (state = 'succeeded'))
    )
    """,
    """
    INSERT INTO task_with_crashes (
        id, state, phase, attempts, mail_attempts, mailing_at, mailed_at, mail_resent, worker,
        run_after, error, created_at, started_at, finished_at, name, description, user_id,
        arguments, done, total, progress, advanced_at, cancel_requested, note, result,
        file_expires_at, dismissed_at, crashes)
    SELECT
        id, state, phase, attempts, mail_attempts, mailing_at, mailed_at, mail_resent, worker,
        run_after, error, created_at, started_at, finished_at, name, description, user_id,
        arguments, done, total, progress, advanced_at, cancel_requested, note, result,
        file_expires_at, dismissed_at, 0
    FROM task
    """,
    "DROP TABLE task",
    "ALTER TABLE task_with_crashes RENAME TO task",
    """
    CREATE INDEX "mail_user_id" ON "mail" ("user_id")
    """,
    """
    CREATE INDEX "mail_state_run_after" ON "mail" ("state", "run_after")
    """,
    """
    CREATE INDEX "task_user_id_created_at" ON "task" ("user_id", "created_at")
    """,
    """
    CREATE INDEX "task_state_run_after" ON "task" ("state", "run_after")
    """,
    """
    CREATE UNIQUE INDEX "task_one_unfinished_of_a_kind" ON "task" ("user_id", "name")
    WHERE ("finished_at" IS NULL)
    """,
    """
    CREATE INDEX "mail_kind_recipient" ON "mail" ("kind", "recipient")
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

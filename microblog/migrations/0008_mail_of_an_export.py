"""
A mail is a mail: the export's mail gets a row of its own in the mail table, and tasks lose its columns.

Work items get the names of today: ``consumer_id``, ``crash_count``, ``sending_at``, ``sent_at``, ``resent``.
"""

from microblog.base.database import data_dir

STATEMENTS = [
    # Whoever was running counts as stopped: nothing else runs while this does.
    """
    UPDATE task SET state = 'queued', worker = NULL,
        attempts = attempts - (phase = 'writing' AND attempts > 0),
        mail_attempts = mail_attempts - (phase = 'mailing' AND mail_attempts > 0)
    WHERE state = 'running'
    """,
    """
    UPDATE mail SET state = 'queued', worker = NULL, mail_attempts = max(mail_attempts - 1, 0)
    WHERE state = 'running'
    """,
    """
    CREATE TABLE "new_task" (
        "id" VARCHAR(36) NOT NULL PRIMARY KEY,
        "state" VARCHAR(16) NOT NULL,
        "attempts" INTEGER NOT NULL,
        "crash_count" INTEGER NOT NULL,
        "priority" INTEGER NOT NULL,
        "consumer_id" VARCHAR(32),
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
    # What was only to be mailed has succeeded, unless its user asked to cancel it.
    """
    INSERT INTO new_task (
        id, state, attempts, crash_count, priority, consumer_id, run_after, error, trace, created_at,
        started_at, finished_at, name, description, user_id, arguments, done, total, progress, advanced_at,
        cancel_requested, result, file_expires_at, dismissed_at)
    SELECT
        id,
        CASE WHEN ends THEN iif(cancel_requested, 'cancelled', 'succeeded') ELSE state END,
        attempts,
        iif(phase = 'mailing', 0, crashes),
        0,
        worker,
        run_after,
        iif(ends, NULL, error),
        trace,
        created_at,
        started_at,
        iif(ends, strftime('%Y-%m-%d %H:%M:%f000', 'now'), finished_at),
        name,
        description,
        user_id,
        arguments,
        done,
        total,
        iif(ends AND NOT cancel_requested, 100, progress),
        advanced_at,
        cancel_requested,
        result,
        iif(ends AND cancel_requested, NULL, file_expires_at),
        dismissed_at
    FROM (SELECT *, state = 'queued' AND phase = 'mailing' AS ends FROM task)
    """,
    """
    CREATE TABLE "new_mail" (
        "id" VARCHAR(36) NOT NULL PRIMARY KEY,
        "state" VARCHAR(16) NOT NULL,
        "attempts" INTEGER NOT NULL,
        "crash_count" INTEGER NOT NULL,
        "priority" INTEGER NOT NULL,
        "consumer_id" VARCHAR(32),
        "run_after" DATETIME NOT NULL,
        "error" VARCHAR(255),
        "trace" TEXT,
        "created_at" DATETIME NOT NULL,
        "started_at" DATETIME,
        "finished_at" DATETIME,
        "kind" VARCHAR(32) NOT NULL,
        "recipient" VARCHAR(254) NOT NULL,
        "user_id" INTEGER,
        "task_id" VARCHAR(36),
        "arguments" TEXT NOT NULL,
        "sending_at" DATETIME,
        "sent_at" DATETIME,
        "resent" INTEGER NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("task_id") REFERENCES "new_task" ("id") ON DELETE CASCADE,
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        CHECK ((finished_at IS NULL) = (state IN ('queued', 'running'))),
        CHECK (state <> 'failed' OR error IS NOT NULL)
    )
    """,
    """
    INSERT INTO new_mail (
        id, state, attempts, crash_count, priority, consumer_id, run_after, error, trace, created_at,
        started_at, finished_at, kind, recipient, user_id, task_id, arguments, sending_at, sent_at, resent)
    SELECT
        id, iif(mailed, 'succeeded', state), mail_attempts, crashes, 10, worker, run_after,
        iif(mailed, NULL, error), trace, created_at, started_at, iif(mailed, mailed_at, finished_at), kind,
        recipient, user_id, NULL, arguments, mailing_at, mailed_at, mail_resent
    FROM (SELECT *, state = 'queued' AND mailed_at IS NOT NULL AS mailed FROM mail)
    """,
    # With the task's id, so that its copy in the outbox and its Message-ID stay the same.
    """
    INSERT INTO new_mail (
        id, state, attempts, crash_count, priority, consumer_id, run_after, error, trace, created_at,
        started_at, finished_at, kind, recipient, user_id, task_id, arguments, sending_at, sent_at, resent)
    SELECT
        id,
        mail_state,
        mail_attempts,
        iif(mail_state = 'queued', crashes, 0),
        0,
        NULL,
        run_after,
        CASE mail_state WHEN 'failed' THEN note WHEN 'queued' THEN error END,
        NULL,
        created_at,
        started_at,
        iif(mail_state = 'queued', NULL, coalesce(finished_at, strftime('%Y-%m-%d %H:%M:%f000', 'now'))),
        'export_posts',
        iif(mail_state = 'cancelled', '', (SELECT email FROM user WHERE user.id = user_id)),
        user_id,
        id,
        arguments,
        mailing_at,
        mailed_at,
        mail_resent
    FROM (
        SELECT *, CASE
            WHEN mailed_at IS NOT NULL THEN 'succeeded'
            WHEN state = 'cancelled' OR cancel_requested THEN 'cancelled'
            WHEN state = 'queued' THEN 'queued'
            WHEN note IS NOT NULL THEN 'failed'
            ELSE 'cancelled'
        END AS mail_state
        FROM task WHERE phase = 'mailing' AND user_id IS NOT NULL
    )
    """,
    "DROP TABLE mail",
    "DROP TABLE task",
    "ALTER TABLE new_task RENAME TO task",
    "ALTER TABLE new_mail RENAME TO mail",
    'CREATE INDEX "task_user_id_created_at" ON "task" ("user_id", "created_at")',
    'CREATE INDEX "task_state_run_after" ON "task" ("state", "run_after")',
    """
    CREATE UNIQUE INDEX "task_one_unfinished_of_a_kind" ON "task" ("user_id", "name")
    WHERE ("finished_at" IS NULL)
    """,
    'CREATE INDEX "mail_user_id" ON "mail" ("user_id")',
    'CREATE INDEX "mail_task_id" ON "mail" ("task_id")',
    'CREATE INDEX "mail_state_run_after" ON "mail" ("state", "run_after")',
    'CREATE INDEX "mail_kind_recipient" ON "mail" ("kind", "recipient")',
    # What they say of a task's phases nobody understands any more.
    "DELETE FROM notification WHERE name = 'task_progress' AND json_extract(data, '$.phase') IS NOT NULL",
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
    # What lies in the outbox was never sent: the administrator has it.
    for path in (data_dir() / "outbox").glob("*.eml"):
        db.execute_sql("UPDATE mail SET sent_at = NULL WHERE id = ?", (path.stem,))

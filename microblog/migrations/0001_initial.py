"""The first schema."""

STATEMENTS = [
    """
    CREATE TABLE "user" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "username" VARCHAR(32) NOT NULL COLLATE NOCASE,
        "email" VARCHAR(254) NOT NULL,
        "email_key" VARCHAR(254) NOT NULL,
        "password_hash" VARCHAR(255) NOT NULL,
        "about_me" VARCHAR(140) NOT NULL CHECK (length(about_me) <= 140),
        "language" VARCHAR(8),
        "is_admin" INTEGER NOT NULL,
        "created_at" DATETIME NOT NULL,
        CHECK (length(username) BETWEEN 3 AND 32 AND username NOT GLOB '*[^A-Za-z0-9_]*')
    )
    """,
    """
    CREATE UNIQUE INDEX "user_username" ON "user" ("username")
    """,
    """
    CREATE UNIQUE INDEX "user_email_key" ON "user" ("email_key")
    """,
    """
    CREATE TABLE "follow" (
        "follower_id" INTEGER NOT NULL,
        "followed_id" INTEGER NOT NULL,
        FOREIGN KEY ("follower_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("followed_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        PRIMARY KEY (follower_id, followed_id),
        CHECK (follower_id <> followed_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX "follow_followed_id" ON "follow" ("followed_id")
    """,
    """
    CREATE TABLE "mail" (
        "id" VARCHAR(36) NOT NULL PRIMARY KEY,
        "state" VARCHAR(16) NOT NULL,
        "phase" VARCHAR(16) NOT NULL,
        "attempts" INTEGER NOT NULL,
        "mail_attempts" INTEGER NOT NULL,
        "mailing_at" DATETIME,
        "mailed_at" DATETIME,
        "mail_resent" INTEGER NOT NULL,
        "worker" VARCHAR(32),
        "run_after" DATETIME NOT NULL,
        "error" VARCHAR(255),
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
    CREATE INDEX "mail_user_id" ON "mail" ("user_id")
    """,
    """
    CREATE INDEX "mail_state_run_after" ON "mail" ("state", "run_after")
    """,
    """
    CREATE TABLE "notification" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user_id" INTEGER NOT NULL,
        "name" VARCHAR(128) NOT NULL,
        "key" VARCHAR(36) NOT NULL,
        "data" TEXT NOT NULL,
        "timestamp" DATETIME NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE UNIQUE INDEX "notification_user_id_name_key" ON "notification" ("user_id", "name", "key")
    """,
    """
    CREATE INDEX "notification_user_id_id" ON "notification" ("user_id", "id")
    """,
    """
    CREATE TABLE "post" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "author_id" INTEGER NOT NULL,
        "body" VARCHAR(140) NOT NULL CHECK (length(body) BETWEEN 1 AND 140),
        "language" VARCHAR(8),
        "timestamp" DATETIME NOT NULL,
        FOREIGN KEY ("author_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "post_author_id" ON "post" ("author_id")
    """,
    """
    CREATE TABLE "session" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user_id" INTEGER NOT NULL,
        "token_hash" VARCHAR(64) NOT NULL,
        "remembered" INTEGER NOT NULL,
        "user_agent" VARCHAR(200) NOT NULL,
        "created_at" DATETIME NOT NULL,
        "seen_at" DATETIME NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "session_user_id" ON "session" ("user_id")
    """,
    """
    CREATE UNIQUE INDEX "session_token_hash" ON "session" ("token_hash")
    """,
    """
    CREATE TABLE "task" (
        "id" VARCHAR(36) NOT NULL PRIMARY KEY,
        "state" VARCHAR(16) NOT NULL,
        "phase" VARCHAR(16) NOT NULL,
        "attempts" INTEGER NOT NULL,
        "mail_attempts" INTEGER NOT NULL,
        "mailing_at" DATETIME,
        "mailed_at" DATETIME,
        "mail_resent" INTEGER NOT NULL,
        "worker" VARCHAR(32),
        "run_after" DATETIME NOT NULL,
        "error" VARCHAR(255),
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
    CREATE INDEX "task_user_id_created_at" ON "task" ("user_id", "created_at")
    """,
    """
    CREATE INDEX "task_state_run_after" ON "task" ("state", "run_after")
    """,
    """
    CREATE UNIQUE INDEX "task_one_unfinished_of_a_kind" ON "task" ("user_id", "name")
    WHERE ("finished_at" IS NULL)
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

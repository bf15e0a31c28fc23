"""Messages, blocks, and when somebody was last seen."""

STATEMENTS = [
    """
    ALTER TABLE "user" ADD COLUMN "seen_at" DATETIME
    """,
    """
    UPDATE "user" SET "seen_at" = (SELECT max("seen_at") FROM "session" WHERE "user_id" = "user"."id")
    """,
    """
    CREATE TABLE "block" (
        "blocker_id" INTEGER NOT NULL,
        "blocked_id" INTEGER NOT NULL,
        FOREIGN KEY ("blocker_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("blocked_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        PRIMARY KEY (blocker_id, blocked_id),
        CHECK (blocker_id <> blocked_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX "block_blocked_id" ON "block" ("blocked_id")
    """,
    """
    CREATE TABLE "message" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "sender_id" INTEGER NOT NULL,
        "recipient_id" INTEGER NOT NULL,
        "body" VARCHAR(140) NOT NULL CHECK (length(body) BETWEEN 1 AND 140),
        "timestamp" DATETIME NOT NULL,
        "read_at" DATETIME,
        FOREIGN KEY ("sender_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("recipient_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "message_sender_id" ON "message" ("sender_id")
    """,
    """
    CREATE INDEX "message_recipient_id" ON "message" ("recipient_id")
    """,
    """
    CREATE INDEX "message_unread" ON "message" ("recipient_id") WHERE ("read_at" IS NULL)
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

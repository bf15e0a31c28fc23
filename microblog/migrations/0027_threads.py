"""Each person's side of what they and another have written to each other, and indexes of messages by pair."""

STATEMENTS = [
    """
    CREATE TABLE "thread" (
        "owner_id" INTEGER NOT NULL,
        "other_id" INTEGER NOT NULL,
        "newest" INTEGER,
        "deleted_until" INTEGER NOT NULL,
        FOREIGN KEY ("owner_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("other_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        PRIMARY KEY (owner_id, other_id)
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO thread (owner_id, other_id, newest, deleted_until)
    SELECT owner_id, other_id, max(id), 0 FROM (
        SELECT sender_id AS owner_id, recipient_id AS other_id, id FROM message
        UNION ALL SELECT recipient_id, sender_id, id FROM message
    )
    GROUP BY owner_id, other_id
    """,
    'CREATE INDEX "thread_other_id" ON "thread" ("other_id")',
    'CREATE INDEX "thread_newest" ON "thread" ("owner_id", "newest")',
    """
    CREATE INDEX "message_between" ON "message" (
        MIN("sender_id", "recipient_id"), MAX("sender_id", "recipient_id")
    )
    """,
    'DROP INDEX "message_unread"',
    """
    CREATE INDEX "message_unread" ON "message" ("recipient_id", "sender_id") WHERE ("read_at" IS NULL)
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

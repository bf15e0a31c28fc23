"""The forms that were sent lately, by which the same one is known when it comes again."""

STATEMENTS = [
    """
    CREATE TABLE "sent_form" (
        "user_id" INTEGER NOT NULL,
        "digest" VARCHAR(64) NOT NULL,
        "sent_at" INTEGER NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        PRIMARY KEY (user_id, digest)
    ) WITHOUT ROWID
    """,
    'CREATE INDEX "sent_form_sent_at" ON "sent_form" ("user_id", "sent_at")',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

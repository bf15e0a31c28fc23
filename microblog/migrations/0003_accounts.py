"""Tickets, suspended users, and an index of mails by kind."""

STATEMENTS = [
    """
    ALTER TABLE "user" ADD COLUMN "suspended_at" DATETIME
    """,
    """
    CREATE INDEX "mail_kind_recipient" ON "mail" ("kind", "recipient")
    """,
    """
    CREATE TABLE "ticket" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "kind" VARCHAR(16) NOT NULL,
        "user_id" INTEGER,
        "email" VARCHAR(254),
        "token_hash" VARCHAR(64) NOT NULL,
        "expires_at" DATETIME NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "ticket_user_id" ON "ticket" ("user_id")
    """,
    """
    CREATE UNIQUE INDEX "ticket_token_hash" ON "ticket" ("token_hash")
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

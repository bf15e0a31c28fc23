"""Who came here by whose invitation."""

STATEMENTS = [
    """
    CREATE TABLE "invited" (
        "user_id" INTEGER NOT NULL PRIMARY KEY,
        "inviter_id" INTEGER NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("inviter_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "invited_inviter_id" ON "invited" ("inviter_id")
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""Tokens for programs."""

STATEMENTS = [
    """
    CREATE TABLE "token" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user_id" INTEGER NOT NULL,
        "name" VARCHAR(64) NOT NULL,
        "token_hash" VARCHAR(64) NOT NULL,
        "created_at" DATETIME NOT NULL,
        "used_at" DATETIME,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "token_user_id" ON "token" ("user_id")
    """,
    """
    CREATE UNIQUE INDEX "token_token_hash" ON "token" ("token_hash")
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

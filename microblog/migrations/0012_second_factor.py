"""Second factors and their recovery codes."""

STATEMENTS = [
    """
    CREATE TABLE "second_factor" (
        "user_id" INTEGER NOT NULL PRIMARY KEY,
        "secret" VARCHAR(32) NOT NULL,
        "last_step" INTEGER NOT NULL,
        "created_at" DATETIME NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE "recovery_code" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "factor_id" INTEGER NOT NULL,
        "code_hash" VARCHAR(64) NOT NULL,
        FOREIGN KEY ("factor_id") REFERENCES "second_factor" ("user_id") ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX "recovery_code_factor_id" ON "recovery_code" ("factor_id")
    """,
    """
    CREATE UNIQUE INDEX "recovery_code_code_hash" ON "recovery_code" ("code_hash")
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

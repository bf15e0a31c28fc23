"""What is true of the site as a whole: whether it was in use while everybody could register by default."""

STATEMENTS = [
    """
    CREATE TABLE "site" (
        "id" INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        "began_open" INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    INSERT INTO "site" ("id", "began_open") SELECT 1, EXISTS (SELECT 1 FROM "user")
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

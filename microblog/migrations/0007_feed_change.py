"""When what feeds hold last changed."""

STATEMENTS = [
    """
    CREATE TABLE "feed_change" (
        "id" INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        "changed_at" DATETIME NOT NULL
    )
    """,
    "INSERT INTO feed_change VALUES (1, strftime('%Y-%m-%d %H:%M:%S.000000', 'now'))",
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

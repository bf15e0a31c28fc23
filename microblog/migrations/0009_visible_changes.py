"""The number of the latest change that visitors can see, in the place of the time of the last to a feed."""

STATEMENTS = [
    "DROP TRIGGER IF EXISTS feed_change_post_insert",
    "DROP TRIGGER IF EXISTS feed_change_post_update",
    "DROP TRIGGER IF EXISTS feed_change_post_delete",
    "DROP TRIGGER IF EXISTS feed_change_user_update",
    "DROP TRIGGER IF EXISTS feed_change_user_delete",
    "DROP TABLE feed_change",
    """
    CREATE TABLE "visible_change" (
        "id" INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
        "number" INTEGER NOT NULL
    )
    """,
    "INSERT INTO visible_change VALUES (1, random())",
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

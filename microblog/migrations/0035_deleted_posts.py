"""What was deleted last by each person, which they can undo for some minutes."""

STATEMENTS = [
    """
    CREATE TABLE "deleted_post" (
        "by_id" INTEGER NOT NULL PRIMARY KEY,
        "author_id" INTEGER NOT NULL,
        "post_id" INTEGER NOT NULL,
        "rows" TEXT NOT NULL,
        "deleted_at" INTEGER NOT NULL,
        FOREIGN KEY ("by_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("author_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    'CREATE INDEX "deleted_post_author_id" ON "deleted_post" ("author_id")',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

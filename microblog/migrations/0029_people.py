"""When everybody wrote last, by which people are listed, and whether they need no welcome any more."""

STATEMENTS = [
    """
    ALTER TABLE "user" ADD COLUMN "last_post_id" INTEGER
    """,
    """
    ALTER TABLE "user" ADD COLUMN "is_welcomed" INTEGER NOT NULL DEFAULT 0
    """,
    """
    UPDATE "user" SET "last_post_id" = (SELECT max("id") FROM "post" WHERE "author_id" = "user"."id")
    """,
    """
    CREATE INDEX "user_by_last_post" ON "user" (coalesce("last_post_id", "id"))
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

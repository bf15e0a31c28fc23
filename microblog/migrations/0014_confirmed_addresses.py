"""Which addresses are confirmed: those of before are, but for the demo people's, at which nobody is."""

STATEMENTS = [
    """
    ALTER TABLE "user" ADD COLUMN "confirmed_at" DATETIME
    """,
    """
    UPDATE "user" SET "confirmed_at" = "created_at" WHERE NOT "is_demo"
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

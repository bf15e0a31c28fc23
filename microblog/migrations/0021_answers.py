"""Which post a post answers, and the conversation in which it does."""

STATEMENTS = [
    'ALTER TABLE "post" ADD COLUMN "reply_to" INTEGER',
    'ALTER TABLE "post" ADD COLUMN "conversation" INTEGER',
    """
    CREATE INDEX "post_conversation" ON "post" ("conversation") WHERE ("conversation" IS NOT NULL)
    """,
    """
    CREATE INDEX "post_reply_to" ON "post" ("reply_to") WHERE ("conversation" IS NOT NULL)
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

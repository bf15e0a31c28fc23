"""Demo people are marked, not recognized by an address that can be changed."""

STATEMENTS = [
    """
    ALTER TABLE "user" ADD COLUMN "is_demo" INTEGER NOT NULL DEFAULT 0
    """,
    # The addresses that both ways of adding them gave out; nobody real has one in example.org.
    """
    UPDATE "user" SET "is_demo" = 1 WHERE "email_key" GLOB '*@demo.example.org'
        OR ("email_key" GLOB 'demo[0-9]*@example.org' AND "email_key" NOT GLOB 'demo*[^0-9]*@example.org')
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

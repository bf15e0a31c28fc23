"""How the site is called, what it is about, and its colour."""

STATEMENTS = [
    """
    ALTER TABLE "site" ADD COLUMN "name" VARCHAR(40) NOT NULL DEFAULT 'Microblog'
    """,
    """
    ALTER TABLE "site" ADD COLUMN "sentence" VARCHAR(140) NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE "site" ADD COLUMN "about" TEXT NOT NULL DEFAULT ''
    """,
    """
    ALTER TABLE "site" ADD COLUMN "accent" VARCHAR(16) NOT NULL DEFAULT 'pine'
    """,
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

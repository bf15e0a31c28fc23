"""How many acts have revoked something of a user, and which of them ended their device cookies."""

STATEMENTS = [
    'ALTER TABLE "user" ADD COLUMN "credentials" INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE "user" ADD COLUMN "devices_since" INTEGER NOT NULL DEFAULT 0',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

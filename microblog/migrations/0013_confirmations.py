"""When a session's user last gave their password; tokens that can only read."""

STATEMENTS = [
    'ALTER TABLE "session" ADD COLUMN "password_confirmed_at" DATETIME',
    'ALTER TABLE "token" ADD COLUMN "read_only" INTEGER NOT NULL DEFAULT 0',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

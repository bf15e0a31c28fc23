"""The names that people gave up lately, which lead to them still."""

STATEMENTS = [
    """
    CREATE TABLE "former_name" (
        "name" VARCHAR(32) NOT NULL PRIMARY KEY COLLATE NOCASE,
        "user_id" INTEGER NOT NULL,
        "given_up_at" DATETIME NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        CHECK (length(name) BETWEEN 3 AND 32 AND name NOT GLOB '*[^A-Za-z0-9_]*')
    ) WITHOUT ROWID
    """,
    'CREATE INDEX "former_name_user_id" ON "former_name" ("user_id")',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

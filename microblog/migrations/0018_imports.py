"""Imports: one row for each file that is looked at."""

STATEMENTS = [
    """
    CREATE TABLE "import" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user_id" INTEGER NOT NULL,
        "task_id" VARCHAR(36),
        "name" VARCHAR(255) NOT NULL,
        "kind" VARCHAR(64),
        "counts" TEXT,
        "choices" TEXT NOT NULL,
        "done" INTEGER NOT NULL,
        "former" TEXT,
        "created_at" DATETIME NOT NULL,
        "confirmed_at" DATETIME,
        "brought_at" DATETIME,
        "undone_at" DATETIME,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("task_id") REFERENCES "task" ("id") ON DELETE SET NULL
    )
    """,
    'CREATE INDEX "import_user_id" ON "import" ("user_id")',
    'CREATE INDEX "import_task_id" ON "import" ("task_id")',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""What members report to the administrators."""

STATEMENTS = [
    """
    CREATE TABLE "report" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "reporter_id" INTEGER NOT NULL,
        "post_id" INTEGER NOT NULL,
        "reason" VARCHAR(140) NOT NULL CHECK (length(reason) <= 140),
        "timestamp" DATETIME NOT NULL,
        "done_at" DATETIME,
        FOREIGN KEY ("reporter_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE
    )
    """,
    'CREATE INDEX "report_post_id" ON "report" ("post_id")',
    'CREATE UNIQUE INDEX "report_reporter_id_post_id" ON "report" ("reporter_id", "post_id")',
    'CREATE INDEX "report_waiting" ON "report" ("post_id") WHERE ("done_at" IS NULL)',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""
Posts whose ids are the microseconds at which they were written.

Posts that came by their ids out of order get them in the order of their times; of one time, in the order of
their ids, each a microsecond later. Where they were, ``old_permalink`` still tells.
"""

STATEMENTS = [
    # SQLite renames no table while a view reads one that is not there.
    "DROP VIEW post_words",
    """
    CREATE TABLE "old_permalink" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "post_id" INTEGER NOT NULL
    )
    """,
    # n microseconds are taken off the nth time, and added to the greatest so far: each is above the last.
    """
    INSERT INTO old_permalink (id, post_id)
    SELECT id, max(written_at - number) OVER (ORDER BY number) + number FROM (
        SELECT id, written_at, row_number() OVER (ORDER BY written_at, id) AS number FROM (
            SELECT id, max(631152000000000, min(
                strftime('%s', 'now') * 1000000,
                coalesce(strftime('%s', substr(timestamp, 1, 19)) * 1000000
                    + CAST(substr(timestamp, 21, 6) AS INTEGER), 0)
            )) AS written_at
            FROM post
        )
    )
    """,
    """
    CREATE TABLE "post_by_time" (
        "id" INTEGER NOT NULL PRIMARY KEY CHECK (id BETWEEN 631152000000000 AND 9007199254740991),
        "author_id" INTEGER NOT NULL,
        "body" VARCHAR(5000) NOT NULL CHECK (length(body) BETWEEN 1 AND 5000),
        "language" VARCHAR(8),
        "import_id" INTEGER,
        "origin" TEXT,
        FOREIGN KEY ("author_id") REFERENCES "user" ("id") ON DELETE CASCADE
    )
    """,
    """
    INSERT INTO post_by_time (id, author_id, body, language)
    SELECT old_permalink.post_id, author_id, body, language
    FROM post JOIN old_permalink ON old_permalink.id = post.id ORDER BY old_permalink.post_id
    """,
    "DROP TABLE post",
    "ALTER TABLE post_by_time RENAME TO post",
    'CREATE INDEX "post_author_id" ON "post" ("author_id")',
    'CREATE INDEX "post_import" ON "post" ("import_id") WHERE ("import_id" IS NOT NULL)',
    """
    CREATE TABLE "former_post" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "author_id" INTEGER,
        FOREIGN KEY ("author_id") REFERENCES "user" ("id") ON DELETE SET NULL
    )
    """,
    'CREATE INDEX "former_post_author_id" ON "former_post" ("author_id")',
    """
    CREATE VIEW post_words AS
    SELECT id, CASE WHEN body GLOB '*[\u3000-\U0010ffff]*' THEN (
        WITH RECURSIVE letter (place, sign) AS (
            SELECT 1, substr(body, 1, 1)
            UNION ALL SELECT place + 1, substr(body, place + 1, 1) FROM letter WHERE sign <> ''
        )
        SELECT group_concat(CASE WHEN sign < '\u3000' THEN sign ELSE ' ' || sign || ' ' END, '') FROM letter
    ) ELSE body END AS words FROM post
    """,
    "INSERT INTO post_index (post_index) VALUES ('rebuild')",
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

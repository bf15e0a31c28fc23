"""Index the text of posts, existing and new ones."""

STATEMENTS = [
    """
    CREATE VIRTUAL TABLE "post_index" USING fts5 ("words", columnsize=0, content=post_words, content_rowid=id,
        tokenize="unicode61 remove_diacritics 2")
    """,
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
    """
    CREATE TRIGGER post_index_add AFTER INSERT ON post BEGIN
        INSERT INTO post_index (rowid, words) SELECT id, words FROM post_words WHERE id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER post_index_remove BEFORE DELETE ON post BEGIN
        INSERT INTO post_index (post_index, rowid, words)
        SELECT 'delete', id, words FROM post_words WHERE id = OLD.id;
    END
    """,
    """
    CREATE TRIGGER post_index_before BEFORE UPDATE OF id, body ON post BEGIN
        INSERT INTO post_index (post_index, rowid, words)
        SELECT 'delete', id, words FROM post_words WHERE id = OLD.id;
    END
    """,
    """
    CREATE TRIGGER post_index_after AFTER UPDATE OF id, body ON post BEGIN
        INSERT INTO post_index (rowid, words) SELECT id, words FROM post_words WHERE id = NEW.id;
    END
    """,
    "INSERT INTO post_index (post_index) VALUES ('rebuild')",
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

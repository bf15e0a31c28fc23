"""Likes, and news: what others did that concerns a user. Nothing is told of what was done before."""

STATEMENTS = [
    """
    CREATE TABLE "post_like" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user_id" INTEGER NOT NULL,
        "post_id" INTEGER NOT NULL,
        "timestamp" DATETIME NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE
    )
    """,
    'CREATE INDEX "post_like_post_id" ON "post_like" ("post_id")',
    'CREATE UNIQUE INDEX "post_like_user_id_post_id" ON "post_like" ("user_id", "post_id")',
    """
    CREATE TABLE "news" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "user_id" INTEGER NOT NULL,
        "kind" VARCHAR(16) NOT NULL,
        "actor_id" INTEGER,
        "post_id" INTEGER,
        "timestamp" DATETIME NOT NULL,
        "read_at" DATETIME,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("actor_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE
    )
    """,
    'CREATE INDEX "news_user_id" ON "news" ("user_id")',
    'CREATE INDEX "news_post_id" ON "news" ("post_id")',
    'CREATE INDEX "news_actor_id_user_id" ON "news" ("actor_id", "user_id")',
    'CREATE INDEX "news_unread" ON "news" ("user_id") WHERE ("read_at" IS NULL)',
]


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""
Whom and which tags posts name.

Of a post that is here already, a name is taken for whoever is called so now, if they were here before it.
What came from elsewhere names people of elsewhere.
"""

import json

from microblog.base.entities import named

STATEMENTS = [
    """
    CREATE TABLE "mention" (
        "post_id" INTEGER NOT NULL,
        "user_id" INTEGER NOT NULL,
        "name" VARCHAR(32) NOT NULL,
        FOREIGN KEY ("user_id") REFERENCES "user" ("id") ON DELETE CASCADE,
        PRIMARY KEY (post_id, user_id),
        FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE
    ) WITHOUT ROWID
    """,
    'CREATE INDEX "mention_user_id" ON "mention" ("user_id")',
    """
    CREATE TABLE "tag" (
        "word" VARCHAR(300) NOT NULL,
        "post_id" INTEGER NOT NULL,
        PRIMARY KEY (word, post_id),
        FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE
    ) WITHOUT ROWID
    """,
    'CREATE INDEX "tag_post_id" ON "tag" ("post_id")',
]
BATCH = 5000
POSTS = """
    SELECT id, author_id, import_id, body FROM post
    WHERE id > ? AND (instr(body, '@') OR instr(body, '#') OR instr(body, '＠') OR instr(body, '＃'))
    ORDER BY id LIMIT ?
"""
MENTIONS = """
    INSERT OR IGNORE INTO mention (post_id, user_id, name)
    SELECT json_extract(value, '$[0]'), user.id, json_extract(value, '$[2]')
    FROM json_each(?) CROSS JOIN user ON user.username = json_extract(value, '$[2]')
    WHERE strftime('%s', user.created_at) * 1000000 <= json_extract(value, '$[0]') AND NOT EXISTS (
        SELECT 1 FROM block WHERE (blocker_id = user.id AND blocked_id = json_extract(value, '$[1]'))
        OR (blocker_id = json_extract(value, '$[1]') AND blocked_id = user.id)
    )
"""
TAGS = "INSERT INTO tag (word, post_id) VALUES (?, ?)"


def up(_migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
    last = 0
    while posts := db.execute_sql(POSTS, (last, BATCH)).fetchall():
        people, words = [], []
        for post, author, brought, body in posts:
            names, tags = named(body)
            people += [(post, author, name) for name in names if brought is None]
            words += [(tag, post) for tag in tags]
        db.execute_sql(MENTIONS, (json.dumps(people),))
        db.connection().executemany(TAGS, words)
        last = posts[-1][0]

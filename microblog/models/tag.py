"""Which posts have which tag."""

import json

from peewee import SQL, CharField, IntegerField

from microblog.base.database import BaseModel, db
from microblog.base.entities import LONGEST_TAG, tags

INSERT = """
    INSERT OR IGNORE INTO tag (word, post_id)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
"""


class Tag(BaseModel):
    """*word*: as ``entities.folded`` has it. The key begins with it, so its posts lie together, by age."""

    word = CharField(3 * LONGEST_TAG)
    # Post itself uses this model.
    post_id = IntegerField(index=True)

    class Meta:
        primary_key = False
        table_settings = ("WITHOUT ROWID",)
        constraints = (
            SQL("PRIMARY KEY (word, post_id)"),
            SQL('FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE'),
        )

    @classmethod
    def record(cls, posts):
        """Insert a row for each tag of *posts*, an iterable of id, author's id and text."""
        rows = [(word, post) for post, _author, body in posts for word in tags(body)]
        if rows:
            db.execute_sql(INSERT, (json.dumps(rows),))

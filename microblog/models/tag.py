"""Which posts have which tag."""

import json

from peewee import SQL, CharField, IntegerField

from microblog.base.database import BaseModel, db
from microblog.base.entities import LONGEST_TAG

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
    def record(cls, words):
        """Insert a row for each of *words*, pairs of a tag and a post's id."""
        if words:
            db.execute_sql(INSERT, (json.dumps(words),))


# The posts of a tag are read in this order.
Tag.paged_by = Tag.post_id

"""
Who is mentioned in which post.

It is decided when the post is written, so a link leads to the same person for good, whatever they are called.
"""

import json

from peewee import SQL, CharField, ForeignKeyField, IntegerField, fn

from microblog.base.database import BaseModel, db
from microblog.models.block import parting
from microblog.models.user import User
from microblog.models.visibility import hidden_from

# Across a block nobody is mentioned. A post from elsewhere names people of elsewhere; one that was made here
# and comes back means whoever was here by then. SQLite takes CROSS JOIN for an order.
INSERT = f"""
    INSERT OR IGNORE INTO mention (post_id, user_id, name)
    SELECT post.id, user.id, json_extract(value, '$[1]') FROM json_each(?)
    CROSS JOIN post ON post.id = json_extract(value, '$[0]')
    CROSS JOIN user ON user.id = coalesce(
        (SELECT id FROM user WHERE username = json_extract(value, '$[1]')),
        (SELECT user_id FROM former_name WHERE former_name.name = json_extract(value, '$[1]'))
    )
    WHERE (import_id IS NULL OR (sealed AND strftime('%s', user.created_at) * 1000000 <= post.id))
    AND NOT {parting("user.id", "post.author_id")}
"""  # noqa: S608 - no part of it comes from outside


class Mention(BaseModel):
    """*name*: what *user* was called then, in lower case, which is how the post names them still."""

    # Post itself uses this model.
    post_id = IntegerField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    name = CharField(32)

    class Meta:
        primary_key = False
        table_settings = ("WITHOUT ROWID",)
        constraints = (
            SQL("PRIMARY KEY (post_id, user_id)"),
            SQL('FOREIGN KEY ("post_id") REFERENCES "post" ("id") ON DELETE CASCADE'),
        )

    @classmethod
    def record(cls, names):
        """Insert a row for each of *names*, pairs of a post's id and a name, by which somebody is known."""
        if names:
            db.execute_sql(INSERT, (json.dumps(names),))

    @classmethod
    def names_in(cls, post, reader):
        """
        A column for a query of posts: JSON of what people are called now, by the names in the text.

        Without those who are suspended, and those whom a block separates from *reader*, who may be None.
        """
        person = User.alias("person")
        shown = [cls.post_id == post, person.suspended_at.is_null()]
        if reader is not None:
            shown.append(person.id.not_in(hidden_from(reader, is_admin=False)))
        names = fn.json_group_object(cls.name, person.username)
        return cls.select(names).join(person, on=(cls.user == person.id)).where(*shown)

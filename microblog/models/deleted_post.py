"""
The post that somebody has deleted last, kept for some minutes with all that went with it.

So it can be put back as it was, or be written again. What is written then takes its place: the next post of
whoever has deleted it ends both, and so does their next deletion.
"""

import json
from datetime import timedelta

from peewee import SQL, ForeignKeyField, IntegerField, TextField

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.base.database import BaseModel, db
from microblog.models.block import parting
from microblog.models.like import Like
from microblog.models.mention import Mention
from microblog.models.news import NOBODY_LIKES, NewsItem
from microblog.models.post import Post
from microblog.models.report import Report
from microblog.models.tag import Tag
from microblog.models.user import User
from microblog.security import security_log

KEPT_FOR = timedelta(minutes=10)

AUTHOR = "(SELECT author_id FROM post WHERE id = value ->> 'post_id')"
IS_HERE = "EXISTS (SELECT 1 FROM user WHERE id = value ->> '{}' {})"
MAY_TELL = "AND suspended_at IS NULL AND NOT " + parting("value ->> 'user_id'", "user.id")
# What comes back of each table, the news last: triggers write lines that were there already. Likes and lines
# are left out that meanwhile would have gone: with an account, by a suspension or a block.
BACK = {
    Mention: IS_HERE.format("user_id", ""),
    Tag: "1",
    Like: IS_HERE.format("user_id", "AND NOT " + parting(AUTHOR, "user.id")),
    Report: IS_HERE.format("reporter_id", ""),
    NewsItem: f"""{IS_HERE.format("user_id", "")}
        AND (value ->> 'actor_id' IS NULL OR {IS_HERE.format("actor_id", MAY_TELL)})""",
}
INSERT = "INSERT INTO {into} SELECT {values} FROM json_each(?) WHERE {condition}"


class DeletedPost(BaseModel):
    # Who has deleted it: its author, or an administrator.
    by = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    author = ForeignKeyField(User, on_delete="CASCADE", backref="deleted_posts")
    post_id = IntegerField()
    # JSON: a list of rows for each table.
    rows = TextField()
    # In microseconds since 1970, as posts are numbered.
    deleted_at = IntegerField()

    @classmethod
    def remove(cls, post, by):
        """Delete *post* for *by*, its author or an administrator, and keep it for them."""
        with db.atomic():
            rows = {model._meta.table_name: _rows(model, post.id) for model in (Post, *BACK)}
            kept = {"author": post.author, "post_id": post.id, "rows": json.dumps(rows)}
            now = in_microseconds(clock.now())
            cls.insert(by=by, deleted_at=now, **kept).on_conflict_replace().execute()
            post.remove(by=by.username)

    @classmethod
    def of(cls, user, post_id):
        """What is kept of the post of that id for *user*, who has deleted it; None if there is nothing."""
        return cls.get_or_none(cls.by == user, cls.post_id == post_id, cls.deleted_at >= _oldest())

    @classmethod
    def to_write_again(cls, user, post_id):
        """The post of that id as it was, if *user* wrote and has just deleted it; None otherwise."""
        deleted = cls.of(user, post_id)
        return deleted.post if deleted and deleted.author == user else None

    @classmethod
    def delete_expired(cls):
        expired = cls.deleted_at < _oldest()
        # Asked every few seconds, and nothing is written where there is nothing.
        if cls.select().where(expired).exists():
            cls.delete().where(expired).execute()

    @property
    def post(self):
        """The post as it was; it is in no table."""
        [columns] = json.loads(self.rows)["post"]
        return Post(**{Post._meta.columns[name].name: value for name, value in columns.items()})

    def put_back(self):
        """Undo the deletion: the same post under the same id, with its likes, mentions and tags."""
        rows = json.loads(self.rows)
        [columns] = rows["post"]
        with db.atomic():
            # As if it had never gone: what it answers may have gone, or been parted by a block, meanwhile.
            conversation = columns.pop("conversation")
            _insert(Post, [columns], "1")
            Post.update(conversation=conversation).where(Post.id == self.post_id).execute()
            for model, condition in BACK.items():
                model.delete().where(model.post_id == self.post_id).execute()
                _insert(model, rows[model._meta.table_name], condition)
            NewsItem.delete().where(NewsItem.post == self.post_id, SQL(NOBODY_LIKES)).execute()
            self.delete_instance()
        security_log.record("post-put-back", self.author, post=self.post_id, by=self.by.username)


def _oldest():
    return in_microseconds(clock.now() - KEPT_FOR)


def _rows(model, post_id):
    """The rows of *model* for the post of that id, as dictionaries by column."""
    key = "id" if model is Post else "post_id"
    cursor = db.execute_sql(f'SELECT * FROM "{model._meta.table_name}" WHERE {key} = ?', (post_id,))  # noqa: S608 - names of ours
    names = [name for name, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(model, rows, condition):
    """Insert *rows*, those of them that meet the *condition*, SQL about ``value``."""
    if rows:
        columns = ", ".join(rows[0])
        values = ", ".join(f"value ->> '{name}'" for name in rows[0])
        into = f"{model._meta.table_name} ({columns})"
        db.execute_sql(INSERT.format(into=into, values=values, condition=condition), (json.dumps(rows),))


# Only what was written since: a post that is put back, or comes from elsewhere, has an id of before.
TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS deleted_post_forget AFTER INSERT ON post BEGIN
        DELETE FROM deleted_post WHERE by_id = NEW.author_id AND deleted_at < NEW.id;
    END
    """,
]

"""Posts, and the lists in which they are read."""

import json

from peewee import (
    SQL,
    BooleanField,
    CharField,
    Check,
    ForeignKeyField,
    IntegerField,
    NodeList,
    TextField,
    fn,
)

from microblog.base import clock, slices
from microblog.base.database import BaseModel, db
from microblog.base.entities import named
from microblog.base.prepared import prepared
from microblog.base.text import LONGEST
from microblog.models.block import refusing
from microblog.models.exceptions import ANSWERS_NOTHING, PostGone, translate_integrity_error
from microblog.models.mention import Mention
from microblog.models.post_id import EARLIEST, LATEST, latest_plausible, next_id
from microblog.models.search_marks import marks
from microblog.models.tag import Tag
from microblog.models.user import SHOWN, Follow, User
from microblog.models.visibility import hidden_from, is_here
from microblog.security import security_log

DELETED_AT_ONCE = 5000

AMONG_FORMER = "SELECT id FROM former_post WHERE id IN (SELECT value FROM json_each(?))"
DELETE = "DELETE FROM post WHERE id IN (SELECT value FROM json_each(?))"
FORGET = """
    DELETE FROM former_post
    WHERE id IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT value FROM json_each(?))
"""


class Post(BaseModel):
    # When it was written, see ``post_id``.
    id = IntegerField(primary_key=True, constraints=[Check(f"id BETWEEN {EARLIEST} AND {LATEST}")])
    # The only index that starts with the author: with a second one SQLite sorts the whole timeline.
    author = ForeignKeyField(User, backref="posts", on_delete="CASCADE")
    # Longer than what is written here, because what comes from elsewhere comes whole.
    body = CharField(LONGEST, constraints=[Check(f"length(body) BETWEEN 1 AND {LONGEST}")])
    language = CharField(8, null=True)
    # The import that brought it, and where it was written: JSON with ``source``, ``id`` and ``url``.
    import_id = IntegerField(null=True)
    origin = TextField(null=True)
    # Which post it answers, and the first one of the conversation, both without foreign keys: answers stay
    # where they are when what they answer goes. What an import could not join has no conversation.
    reply_to = IntegerField(null=True)
    conversation = IntegerField(null=True)
    # Of an import: this site's seal vouches that the post is what its author had here.
    sealed = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])

    # The text as the search index marks it; only a search selects it.
    marked = None
    # What ``conversation.tell`` has found out for a reader: how many answers there are, and whom it answers.
    answer_count, answered = 0, None
    # What ``Mention.names_in`` tells; the lists in which posts are read select it.
    people = "{}"
    # The same of ``like.count``: how many people like it.
    likes = 0

    @property
    def marks(self):
        """``(start, end)`` of each hit of a search in the text; empty outside searches."""
        return marks(self.marked, self.body) if self.marked else []

    @property
    def mentions(self):
        """What those are called now to whom names in the text lead, a dictionary by names in lower case."""
        return json.loads(self.people)

    @property
    def tags(self):
        """The tags in the text, as ``entities.folded`` has them."""
        return named(self.body)[1]

    @property
    def timestamp(self):
        """When it was written, which is what the id says."""
        return clock.from_microseconds(self.id)

    @property
    def written_elsewhere(self):
        """Where it was written: ``source``, ``id`` and ``url``, which may be None; None if it was here."""
        return json.loads(self.origin) if self.origin else None

    @property
    def was_written_here(self):
        """Whether it came by the form of this site, and by no import."""
        return self.import_id is None

    @property
    def root(self):
        """The id of the first post of its conversation, which may be its own."""
        return self.conversation or self.id

    @classmethod
    def create(cls, answers=None, **values):
        """
        Insert a post and return it; without an ``id`` it is written now. *answers* is the post it answers.

        Raises:
            Blocked: one of the two authors has blocked the other.
            PostGone: *answers* was deleted meanwhile.
        """
        if answers:
            values |= {"reply_to": answers.id, "conversation": answers.root}
        # The id counts on the write lock being held from here on.
        with translate_integrity_error(), db.atomic():
            post = super().create(id=values.pop("id", None) or next_id(), **values)
            cls.record_entities([(post.id, post.body)])
        return post

    @classmethod
    def record_entities(cls, posts):
        """Note whom and which tags new *posts* name, pairs of id and text."""
        people, words = [], []
        for post_id, body in posts:
            names, tags = named(body)
            people += [(post_id, name) for name in names]
            words += [(tag, post_id) for tag in tags]
        Mention.record(people)
        Tag.record(words)

    @classmethod
    def answer(cls, post_id, **values):
        """
        Insert and return an answer to the post of that id.

        Raises:
            Blocked: one of the two authors has blocked the other.
            PostGone: nobody sees such a post.
        """
        answered = cls.seen_by(None, post_id)
        if answered is None:
            raise PostGone
        return cls.create(answers=answered, **values)

    @classmethod
    @prepared
    def timeline(cls, user):
        """Posts of *user* and those they follow, newest first; a block has already ended the follows."""
        # UNION ALL, not OR: the planner then walks the author index, never the whole table.
        authors = Follow.those_of(user).union_all(User.select(User.id).where(User.id == user))
        return cls._newest_first(user).where(cls.author.in_(authors))

    @classmethod
    def count_newer(cls, user, than, most):
        """How many posts by others in *user*'s timeline have an id above *than*; it counts up to *most*."""
        return cls._count_newer(user, than, most).scalar()

    @classmethod
    @prepared
    def _count_newer(cls, user, than, most):
        newer = cls._newest_first(user).where(cls.id > than, cls.author.in_(Follow.those_of(user)))
        return cls.select(fn.COUNT(SQL("*"))).from_(newer.select(cls.id).limit(most))

    @classmethod
    def ahead(cls):
        """Posts that a clock which was wrong has dated in the future, the latest first."""
        return cls.select().where(cls.id > latest_plausible()).order_by(cls.id.desc())

    @classmethod
    @prepared
    def by_author(cls, user, reader=None):
        """Posts of *user* alone, newest first, as *reader* may see them."""
        return cls._newest_first(reader).where(cls.author == user)

    @classmethod
    def tagged(cls, word, reader=None):
        """
        Posts with the tag *word*, as ``tag_of`` has it, that *reader* may see, newest first.

        Page by ``Tag``, whose rows lie in that order.
        """
        return cls._tagged(cls.visible_to(reader), word)

    @classmethod
    @prepared
    def _tagged(cls, posts, word):
        # The plus sign keeps SQLite from looking among all posts for those with the tag.
        tagged = posts.join_from(cls, Tag, on=(cls.id == NodeList((SQL("+"), Tag.post_id), glue="")))
        return tagged.where(Tag.word == word).order_by(Tag.post_id.desc())

    @classmethod
    def visible_to(cls, reader=None):
        """All posts, newest first; for *reader*, without those that a block hides from them."""
        return cls._visible_to(reader, reader.is_admin) if reader else cls._visible_to(None, False)

    @classmethod
    @prepared
    def _visible_to(cls, reader, is_admin):
        posts = cls._newest_first(reader)
        if reader is None:
            return posts
        return posts.where(cls.author.not_in(hidden_from(reader, is_admin)))

    @classmethod
    def seen_by(cls, reader, post_id):
        """The post of that id; None if there is none that *reader*, a user or None, may see."""
        return slices.of_id(cls.visible_to(reader), post_id).first()

    @classmethod
    def delete_most_by(cls, author):
        """Delete all but one batch of *author*'s posts, in batches, so that other writers never wait long."""
        surplus = (
            cls.select(cls.id).where(cls.author == author).limit(DELETED_AT_ONCE).offset(DELETED_AT_ONCE)
        )
        while ids := [post.id for post in surplus.clone()]:
            cls.delete().where(cls.id.in_(ids)).execute()

    @classmethod
    def delete_by(cls, author_id, ids):
        """Delete the posts *ids*, those of them that *author_id* has."""
        with db.atomic():
            db.execute_sql(f"{DELETE} AND author_id = ?", (json.dumps(ids), author_id))

    @classmethod
    def take_back(cls, ids):
        """Delete the posts *ids* as if an import had never brought them: what was free is free again."""
        ids = json.dumps(ids)
        with db.atomic():
            former = json.dumps([row[0] for row in db.execute_sql(AMONG_FORMER, (ids,)).fetchall()])
            db.execute_sql(DELETE, (ids,))
            db.execute_sql(FORGET, (ids, former))

    def remove(self, by):
        """Delete the post; *by* is the name of its author or of an administrator."""
        self.delete_instance()
        security_log.record("post-deleted", self.author, post=self.id, by=by)

    @classmethod
    def _newest_first(cls, reader):
        return (
            cls.select(cls, *SHOWN, Mention.names_in(cls.id, reader).alias("people"))
            .join(User)
            .where(is_here(cls.author))
            .order_by(cls.id.desc())
        )


Post.add_index(Post.index(Post.import_id, where=Post.import_id.is_null(False), name="post_import"))
# A conversation in its order, and the answers to one post.
for field in Post.conversation, Post.reply_to:
    Post.add_index(Post.index(field, where=Post.conversation.is_null(False), name=f"post_{field.name}"))

# Of a new row about a post, who wrote that; and of a new answer, what it answers.
AUTHOR = "(SELECT author_id FROM post WHERE id = NEW.post_id)"
ANSWERED = "FROM post WHERE id = NEW.reply_to"
TRIGGERS = [
    refusing("post", "NEW.author_id", f"(SELECT author_id {ANSWERED} AND NEW.conversation IS NOT NULL)"),
    f"""
    CREATE TRIGGER IF NOT EXISTS post_answers BEFORE INSERT ON post
    WHEN NEW.conversation IS NOT NULL AND NOT EXISTS (SELECT 1 {ANSWERED})
    BEGIN SELECT RAISE(ABORT, '{ANSWERS_NOTHING}'); END
    """,
]

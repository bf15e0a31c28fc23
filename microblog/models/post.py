"""What people say, and the pages it is read in."""

from peewee import CharField, Check, ForeignKeyField
from playhouse.sqlite_ext import AutoIncrementField

from microblog import clock
from microblog.database import BaseModel, UTCDateTimeField
from microblog.models import post_index
from microblog.models.block import Block
from microblog.models.post_index import PostIndex
from microblog.models.user import Follow, User
from microblog.web.text import MAX_LENGTH

# Posts to look through for people who write.
LATELY = 50
DELETED_AT_ONCE = 5000


class Post(BaseModel):
    id = AutoIncrementField()
    # The only index led by the author: with a second one SQLite sorts the whole timeline.
    author = ForeignKeyField(User, backref="posts", on_delete="CASCADE")
    body = CharField(MAX_LENGTH, constraints=[Check(f"length(body) BETWEEN 1 AND {MAX_LENGTH}")])
    language = CharField(8, null=True)
    timestamp = UTCDateTimeField(default=clock.now)

    # The text as the search index marks it; only a search asks for it.
    marked = None

    @property
    def marks(self):
        """Pairs of start and end of what a search found in the text."""
        return post_index.marks(self.marked, self.body) if self.marked else []

    @classmethod
    def timeline(cls, user):
        """Posts of *user* and of those they follow, newest first; a block has ended all follows across it."""
        followed = Follow.select(Follow.followed).where(Follow.follower == user)
        # UNION ALL, not OR: so the planner walks the authors' index and never the whole table.
        authors = followed.union_all(User.select(User.id).where(User.id == user))
        return cls._newest_first().where(cls.author.in_(authors))

    @classmethod
    def newer(cls, user, than):
        """What others wrote for *user*'s timeline after *than*, an id."""
        return cls.timeline(user).where(cls.id > than, cls.author != user)

    @classmethod
    def authors_lately(cls, reader, count):
        """Up to *count* people whom *reader* might follow: the latest to have written something."""
        others = cls.visible_to(reader).where(cls.author != reader).limit(LATELY)
        return list(dict.fromkeys(post.author for post in others))[:count]

    @classmethod
    def by(cls, user):
        """Posts of *user* alone, newest first."""
        return cls._newest_first().where(cls.author == user)

    @classmethod
    def visible_to(cls, reader=None):
        """All posts, newest first; for *reader* without those of people parted from them by a block."""
        posts = cls._newest_first()
        return posts.where(cls.author.not_in(Block.hidden_from(reader))) if reader else posts

    @classmethod
    def search(cls, query, reader=None):
        """
        Posts that *query*, which a person typed, finds; newest first, with their ``marks``.

        Pages go by ``PostIndex.rowid``: so SQLite reads the index from the newest and stops after a page.
        """
        posts = cls.visible_to(reader).select_extend(PostIndex.marked().alias("marked"))
        return (
            posts.join_from(cls, PostIndex, on=(PostIndex.rowid == cls.id))
            .where(PostIndex.finds(query))
            .order_by(PostIndex.rowid.desc())
        )

    @classmethod
    def delete_most_by(cls, author):
        """Delete what *author* wrote, a page at a time, but for a last page: nobody waits long to write."""
        surplus = (
            cls.select(cls.id).where(cls.author == author).limit(DELETED_AT_ONCE).offset(DELETED_AT_ONCE)
        )
        while ids := [post.id for post in surplus.clone()]:
            cls.delete().where(cls.id.in_(ids)).execute()

    @classmethod
    def _newest_first(cls):
        # Those of suspended people are shown to nobody until they are restored.
        shown = User.suspended_at.is_null()
        return cls.select(cls, User).join(User).where(shown).order_by(cls.id.desc())

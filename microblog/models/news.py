"""
News: what others did that concerns a user, one line each; the likes of a post share a line.

For administrators so do the reports of a post, and nobody is named there.

Triggers write the lines, whatever does the thing itself. They take them away when it is undone, when a block
comes between the two, and when its person is suspended or gone: a line is there as long as its reader may see
it, and what ends does not come back. Further triggers keep the notification ``unread_news_count``, of which a
page takes its badge.
"""

from peewee import SQL, CharField, ForeignKeyField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import NOW, BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.base.slices import COUNTED
from microblog.models.block import parting
from microblog.models.like import LIKER, NAMED, Like, likes_of
from microblog.models.message import Message
from microblog.models.notification import Notification
from microblog.models.post import AUTHOR, Post
from microblog.models.user import SHOWN, User

FOLLOW, ANSWER, MENTION, LIKE, JOIN, REPORT = KINDS = (
    "follow",
    "answer",
    "mention",
    "like",
    "join",
    "report",
)
UNREAD = "unread_news_count"


class NewsItem(BaseModel):
    # AUTOINCREMENT: a line that is read must not pass for the new one that takes its place.
    id = AutoIncrementField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    kind = CharField(16)
    # Who did it; None where a line tells of several, or of nobody.
    actor = ForeignKeyField(User, null=True, on_delete="CASCADE", index=False)
    post = ForeignKeyField(Post, null=True, on_delete="CASCADE")
    timestamp = UTCDateTimeField()
    read_at = UTCDateTimeField(null=True)

    # Who likes the post, as ``of`` finds out: how many, and a text with the names of the latest.
    likes = 0
    names = ""

    class Meta:
        table_name = "news"
        indexes = ((("actor", "user"), False),)

    @property
    def people(self):
        """Usernames of whom it tells, the latest first, and of how many others."""
        names = (self.names or "").split() if self.actor_id is None else [self.actor.username]
        return names, max(self.likes - len(names), 0)

    @classmethod
    def of(cls, user):
        """The news of *user*, newest first, with who did it and the post that it is about."""
        return cls._of(user, user.is_admin)

    @classmethod
    @prepared
    def _of(cls, user, is_admin):
        likes = likes_of(cls.post, user, is_admin).where(cls.kind == LIKE)
        latest = likes.select(LIKER.username.alias("name")).order_by(Like.id.desc()).limit(NAMED)
        names = Like.select(fn.GROUP_CONCAT(SQL("name"), " ")).from_(latest)
        return (
            cls.select(
                cls, *SHOWN, Post, likes.select(fn.COUNT(SQL("*"))).alias("likes"), names.alias("names")
            )
            .left_outer_join(User, on=cls.actor)
            .switch(cls)
            .left_outer_join(Post)
            .where(cls.user == user)
            .order_by(cls.id.desc())
        )

    @classmethod
    def mark_read(cls, user, oldest, newest):
        """Mark the news of *user* as read, from id *oldest* to id *newest* inclusive."""
        with db.atomic():
            cls.update(read_at=clock.now()).where(
                cls.user == user, cls.read_at.is_null(), cls.id.between(oldest, newest)
            ).execute()


NewsItem.add_index(NewsItem.index(NewsItem.user, where=NewsItem.read_at.is_null(), name="news_unread"))


def unread_and_cursor(user):
    """``(unread messages, unread news, newest notification id or 0)`` of the same moment, in one query."""
    messages, news, cursor = _unread_and_cursor(user).tuples()[0]
    return messages, int(news or 0), cursor


@prepared
def _unread_and_cursor(user):
    # Not counted: a person may have thousands.
    news = Notification.select(Notification.data).where(
        Notification.user == user, Notification.name == UNREAD, Notification.key == ""
    )
    newest = fn.COALESCE(Notification.newest(user), 0)
    return Message.unread(user).query.select_extend(news, newest)


ANSWERED = "(SELECT author_id FROM post WHERE id = NEW.reply_to)"
# Nobody whom the line's reader may see likes the post any more.
NOBODY_LIKES = f"""kind = 'like' AND NOT EXISTS (
    SELECT 1 FROM post_like JOIN user ON user.id = post_like.user_id
    WHERE post_like.post_id = news.post_id AND user.suspended_at IS NULL
    AND NOT {parting("news.user_id", "user.id")}
)"""  # noqa: S608 - no part of it comes from outside
# Reports of the post that waited are seen to, or gone with who made them.
NONE_WAITS = (
    "kind = 'report' AND NOT EXISTS (SELECT 1 FROM report WHERE post_id = news.post_id AND done_at IS NULL)"
)
LIKED_BY = "post_id IN (SELECT post_id FROM post_like WHERE user_id = {})"


def _after(event, *acts, when="1", name=None):
    """SQL of a trigger that does *acts* after *event*."""
    name = name or event.lower().replace(" on ", "_").replace(" ", "_")
    acts = "".join(f"{act};\n" for act in acts)
    return f"CREATE TRIGGER IF NOT EXISTS news_of_{name} AFTER {event} WHEN {when} BEGIN {acts} END"


def _tell(user, kind, actor="NULL", post="NULL"):
    values = f"{user}, '{kind}', {actor}, {post}, {NOW}"
    return f"INSERT INTO news (user_id, kind, actor_id, post_id, timestamp) VALUES ({values})"  # noqa: S608


def _forget(where):
    return f"DELETE FROM news WHERE {where}"  # noqa: S608


def _count(user):
    """
    SQL that notifies *user* of how many lines are unread, counted up to ``COUNTED``.

    It deletes and inserts: within an INSERT OR IGNORE the REPLACE of a trigger would be an IGNORE as well.
    """
    some = f"SELECT 1 FROM news WHERE user_id = {user} AND read_at IS NULL LIMIT {COUNTED}"  # noqa: S608
    unread = f"SELECT count(*) FROM ({some})"  # noqa: S608
    return (
        f"DELETE FROM notification WHERE user_id = {user} AND name = '{UNREAD}' AND key = ''",  # noqa: S608
        # Not for somebody whose account is being deleted.
        f"""INSERT INTO notification (user_id, name, key, data, timestamp)
        SELECT id, '{UNREAD}', '', CAST(({unread}) AS TEXT), {NOW} FROM user WHERE id = {user}""",  # noqa: S608
    )


TRIGGERS = [
    _after("INSERT ON invited", _tell("NEW.inviter_id", JOIN, actor="NEW.user_id")),
    # Whoever joins by an invitation follows its maker, who need not read both.
    _after(
        "INSERT ON follow",
        _tell("NEW.followed_id", FOLLOW, actor="NEW.follower_id"),
        when=f"""NOT EXISTS (SELECT 1 FROM news
            WHERE user_id = NEW.followed_id AND actor_id = NEW.follower_id AND kind = '{JOIN}')""",  # noqa: S608
    ),
    _after(
        "DELETE ON follow",
        _forget(f"user_id = OLD.followed_id AND actor_id = OLD.follower_id AND kind = '{FOLLOW}'"),
    ),
    # What an import brings is no news.
    _after(
        "INSERT ON post",
        _tell(ANSWERED, ANSWER, actor="NEW.author_id", post="NEW.id"),
        when=f"NEW.conversation IS NOT NULL AND NEW.import_id IS NULL AND {ANSWERED} <> NEW.author_id",
    ),
    # Who answers somebody often names them, too: one line says it.
    _after(
        "INSERT ON mention",
        _tell("NEW.user_id", MENTION, actor=AUTHOR, post="NEW.post_id"),
        when=f"""{AUTHOR} <> NEW.user_id
            AND NOT EXISTS (SELECT 1 FROM post WHERE id = NEW.post_id AND import_id IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM news WHERE user_id = NEW.user_id AND post_id = NEW.post_id)""",  # noqa: S608
    ),
    # The line comes to the top again.
    _after(
        "INSERT ON post_like",
        _forget(f"post_id = NEW.post_id AND kind = '{LIKE}'"),
        _tell(AUTHOR, LIKE, post="NEW.post_id"),
    ),
    _after("DELETE ON post_like", _forget(f"post_id = OLD.post_id AND {NOBODY_LIKES}")),
    _after(
        "INSERT ON block",
        _forget("user_id = NEW.blocker_id AND actor_id = NEW.blocked_id"),
        _forget("user_id = NEW.blocked_id AND actor_id = NEW.blocker_id"),
        _forget(f"user_id = NEW.blocker_id AND {LIKED_BY.format('NEW.blocked_id')} AND {NOBODY_LIKES}"),
        _forget(f"user_id = NEW.blocked_id AND {LIKED_BY.format('NEW.blocker_id')} AND {NOBODY_LIKES}"),
    ),
    _after(
        "UPDATE OF suspended_at ON user",
        _forget("actor_id = NEW.id"),
        _forget(f"{LIKED_BY.format('NEW.id')} AND {NOBODY_LIKES}"),
        when="NEW.suspended_at IS NOT NULL",
    ),
    # All administrators but the one whose post it is.
    _after(
        "INSERT ON report",
        _forget(f"post_id = NEW.post_id AND kind = '{REPORT}'"),
        f"""INSERT INTO news (user_id, kind, post_id, timestamp)
        SELECT id, '{REPORT}', NEW.post_id, {NOW} FROM user
        WHERE is_admin AND id NOT IN (NEW.reporter_id, {AUTHOR})""",  # noqa: S608
    ),
    _after("UPDATE OF done_at ON report", _forget(f"post_id = NEW.post_id AND {NONE_WAITS}")),
    _after("DELETE ON report", _forget(f"post_id = OLD.post_id AND {NONE_WAITS}")),
    # Nobody sees the post any more.
    _after(
        "UPDATE OF suspended_at ON user",
        _forget(f"kind = '{REPORT}' AND post_id IN (SELECT id FROM post WHERE author_id = NEW.id)"),  # noqa: S608
        when="NEW.suspended_at IS NOT NULL",
        name="suspension_after_reports",
    ),
    _after("INSERT ON news", *_count("NEW.user_id")),
    _after("UPDATE OF read_at ON news", *_count("NEW.user_id")),
    _after("DELETE ON news", *_count("OLD.user_id"), when="OLD.read_at IS NULL"),
]

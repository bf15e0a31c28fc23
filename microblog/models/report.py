"""
Reports: what members tell the administrators of a post by somebody else.

Whoever wrote the post does not learn who has, nor that anybody has, not even as an administrator. A report
waits until it is seen to; its row stays, so that nobody reports the same post twice.
"""

import json

from peewee import SQL, CharField, Check, ForeignKeyField, fn
from playhouse.sqlite_ext import AutoIncrementField

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField, db
from microblog.base.prepared import prepared
from microblog.base.slices import COUNTED
from microblog.models.exceptions import OWN_POST, translate_integrity_error
from microblog.models.post import AUTHOR, Post
from microblog.models.user import User
from microblog.security import security_log

# Code points.
LONGEST_REASON = 140


class Report(BaseModel):
    # In the order in which they came.
    id = AutoIncrementField()
    reporter = ForeignKeyField(User, on_delete="CASCADE", index=False)
    post = ForeignKeyField(Post, on_delete="CASCADE")
    reason = CharField(LONGEST_REASON, default="", constraints=[Check(f"length(reason) <= {LONGEST_REASON}")])
    timestamp = UTCDateTimeField(default=clock.now)
    # When an administrator has seen to it.
    done_at = UTCDateTimeField(null=True)

    class Meta:
        indexes = ((("reporter", "post"), True),)

    @classmethod
    def add(cls, reporter, post, reason=""):
        """
        Report *post*, and return whether it is new: the first report of a person about a post stays.

        Raises:
            OwnPost: *reporter* wrote it.
        """
        with translate_integrity_error(), db.atomic():
            report = cls.insert(reporter=reporter, post=post, reason=reason).on_conflict_ignore()
            return bool(report.as_rowcount().execute())

    @classmethod
    def has_reader(cls, post):
        """Whether there is an administrator who did not write *post*, and would read of it."""
        return User.select().where(User.is_admin, User.id != post.author_id).exists()

    @classmethod
    def exists(cls, reporter, post):
        """Whether *reporter* has reported *post*."""
        return cls.select().where(cls.reporter == reporter, cls.post == post).exists()

    @classmethod
    def posts_for(cls, admin):
        """The posts about which a report waits that *admin* may read, newest first."""
        # Nobody sees what suspended people wrote, and no block hides anything that was reported.
        return cls._reported(Post.visible_to(), admin)

    @classmethod
    def count_for(cls, admin):
        """How many posts those are; no more than the first ``COUNTED`` are looked at."""
        return cls._count(Post.visible_to(), admin).scalar()

    @classmethod
    def about(cls, posts):
        """The reports that wait about each of *posts*, a list: lists by id, the oldest first."""
        found = {post.id: [] for post in posts}
        for report in cls._about(json.dumps(list(found))):
            found[report.post_id].append(report)
        return found

    @classmethod
    def see_to(cls, post, newest, by):
        """Close the reports about *post* up to the id *newest*, the last that was shown to the admin *by*."""
        waiting = cls.post == post, cls.done_at.is_null(), cls.id <= newest
        if count := cls.update(done_at=clock.now()).where(*waiting).execute():
            # Not who made them: the security log is read by administrators who wrote the post, too.
            security_log.record("reports-done", post.author, post=post.id, count=count, by=by)

    @classmethod
    @prepared
    def _reported(cls, posts, admin):
        # An administrator is neither suspended nor deleted by another.
        return cls._among(posts, admin, cls._waiting()).select_extend(User.is_admin)

    @classmethod
    @prepared
    def _count(cls, posts, admin):
        some = cls._waiting().distinct().limit(COUNTED)
        return cls._among(posts, admin, some).select(fn.COUNT(SQL("*"))).order_by()

    @classmethod
    def _waiting(cls):
        return cls.select(cls.post).where(cls.done_at.is_null())

    @classmethod
    def _among(cls, posts, admin, waiting):
        return posts.where(Post.id.in_(waiting), Post.author != admin)

    @classmethod
    @prepared
    def _about(cls, ids):
        asked = fn.json_each(ids).alias("asked")
        some = cls.post.in_(Post.select(SQL("asked.value")).from_(asked))
        return cls.select(cls, User).join(User).where(some, cls.done_at.is_null()).order_by(cls.id)


Report.add_index(Report.index(Report.post, where=Report.done_at.is_null(), name="report_waiting"))

TRIGGERS = [
    f"""
    CREATE TRIGGER IF NOT EXISTS report_own BEFORE INSERT ON report
    WHEN NEW.reporter_id = {AUTHOR}
    BEGIN SELECT RAISE(ABORT, '{OWN_POST}'); END
    """,
]

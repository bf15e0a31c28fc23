"""Where posts were before their ids were times: links to ``/post/25`` are still about."""

from peewee import IntegerField

from microblog.base.database import BaseModel


class OldPermalink(BaseModel):
    """The post that had a number once. No foreign key: a post that is put back is found by its link again."""

    id = IntegerField(primary_key=True)
    post_id = IntegerField()

    @classmethod
    def target(cls, number):
        """The id of the post that had *number*; None if none had."""
        return cls.select(cls.post_id).where(cls.id == number).scalar()

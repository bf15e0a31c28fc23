"""
Which state of what every visitor can read is the present one: a random number, another after each change.

Triggers draw it in the transaction of the change, so it stands for one state for ever, also after the
database was replaced by a backup; a counter would run through the same numbers again.
"""

from peewee import Check, IntegerField

from microblog.base.database import BaseModel
from microblog.base.prepared import prepared


class VisibleChange(BaseModel):
    """One row."""

    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    number = IntegerField()

    @classmethod
    def latest(cls):
        """The number of the latest change."""
        return cls._latest().scalar()

    @classmethod
    @prepared
    def _latest(cls):
        return cls.select(cls.number)


def _after(name, event):
    return f"""CREATE TRIGGER IF NOT EXISTS visible_change_{name} AFTER {event}
    BEGIN UPDATE visible_change SET number = random(); END"""  # noqa: S608


TRIGGERS = [
    _after("post_insert", "INSERT ON post"),
    _after("post_update", "UPDATE ON post"),
    _after("post_delete", "DELETE ON post"),
    _after("user_update", "UPDATE OF username, suspended_at ON user"),
    _after("user_delete", "DELETE ON user"),
    _after("site_update", "UPDATE OF name, sentence ON site"),
]

"""Who came here by whose invitation; the row goes with either of the two."""

from peewee import ForeignKeyField

from microblog.base.database import BaseModel
from microblog.base.prepared import prepared
from microblog.models.user import User


class Invited(BaseModel):
    user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    inviter = ForeignKeyField(User, on_delete="CASCADE")

    @classmethod
    def welcome(cls, user, inviter):
        """Record that *inviter* has invited *user*; from now on the two follow each other."""
        cls.insert(user=user, inviter=inviter).execute()
        user.follow(inviter)
        inviter.follow(user)

    @classmethod
    def inviter_of(cls, user):
        """The id of whoever invited *user*; None if nobody did, or they are gone."""
        return cls._inviter_of(user).scalar()

    @classmethod
    @prepared
    def _inviter_of(cls, user):
        return cls.select(cls.inviter).where(cls.user == user)

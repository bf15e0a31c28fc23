"""What is true of the site as a whole: one row, made with the table."""

from peewee import SQL, BooleanField, Check, IntegerField

from microblog.base.database import BaseModel
from microblog.base.prepared import prepared

INVITE = "invite"
MEMBERS, ADMINISTRATORS = "members", "administrators"


class Site(BaseModel):
    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    # It was in use when everybody could register unless the settings said otherwise; members invited nobody.
    began_open = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])

    @classmethod
    def was_closed_by_upgrade(cls, settings):
        """Whether everybody could register here until the default of ``REGISTRATION`` changed."""
        return not settings.registration and cls._has_begun_open()

    @classmethod
    def inviters(cls, settings):
        """
        Who may invite: MEMBERS or ADMINISTRATORS.

        Where only administrators could, by ``REGISTRATION=invite``, it stays so until ``INVITES`` is set.
        """
        if settings.invites:
            return settings.invites
        as_before = settings.registration == INVITE and cls._has_begun_open()
        return ADMINISTRATORS if as_before else MEMBERS

    @classmethod
    def _has_begun_open(cls):
        return bool(cls._row().scalar())

    @classmethod
    @prepared
    def _row(cls):
        return cls.select(cls.began_open)

"""What is true of the site as a whole: one row, made with the table."""

from peewee import SQL, BooleanField, CharField, Check, IntegerField, TextField

from microblog.base.accents import ACCENTS, PINE
from microblog.base.database import BaseModel
from microblog.base.prepared import prepared

INVITE = "invite"
MEMBERS, ADMINISTRATORS = "members", "administrators"
NAME = "Microblog"
# Code points.
LONGEST_NAME, LONGEST_SENTENCE, LONGEST_ABOUT = 40, 140, 5000


class Site(BaseModel):
    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    # It was in use when everybody could register unless the settings said otherwise; members invited nobody.
    began_open = BooleanField(default=False, constraints=[SQL("DEFAULT 0")])
    name = CharField(LONGEST_NAME, default=NAME, constraints=[SQL("DEFAULT 'Microblog'")])
    # What it is about in one line; ``about`` says more, and which rules there are.
    sentence = CharField(LONGEST_SENTENCE, default="", constraints=[SQL("DEFAULT ''")])
    about = TextField(default="", constraints=[SQL("DEFAULT ''")])
    # A key of ACCENTS.
    accent = CharField(16, default=PINE, constraints=[SQL("DEFAULT 'pine'")])

    @property
    def colour(self):
        """The accent where no style sheet is known, such as ``#1b7a5a``."""
        return ACCENTS[self.accent]

    @classmethod
    def current(cls):
        """The row as it is now."""
        return cls._whole().first()

    @classmethod
    def change(cls, **values):
        """Write *values*, fields by name."""
        cls.update(**values).execute()

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
    def _whole(cls):
        return cls.select()

    @classmethod
    @prepared
    def _row(cls):
        return cls.select(cls.began_open)

"""What forms have brought already: the same form, with the same text, makes one post or message."""

from contextlib import contextmanager

from peewee import SQL, CharField, ForeignKeyField, IntegerField, IntegrityError

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.base.database import BaseModel, db
from microblog.base.prepared import prepared
from microblog.models.exceptions import SentAlready
from microblog.models.user import User
from microblog.security.random_secret import hash_of

# A form that is sent again comes within minutes, or after a night in a tab; nobody sends more meanwhile.
KEPT = 200


class SentForm(BaseModel):
    user = ForeignKeyField(User, on_delete="CASCADE", index=False)
    # Of the form's token and of what it said.
    digest = CharField(64)
    # In microseconds since 1970.
    sent_at = IntegerField()

    class Meta:
        primary_key = False
        table_settings = ("WITHOUT ROWID",)
        constraints = (SQL("PRIMARY KEY (user_id, digest)"),)

    @classmethod
    @contextmanager
    def once(cls, user, token, *said):
        """
        A transaction for what a form of *user* asks for; nothing is compared without its *token*.

        Raises:
            SentAlready: a form of that token has said the same, and what it asked for is done.
        """
        with db.atomic():
            if token:
                cls._note(user, hash_of("\0".join([token, *said])))
            yield

    @classmethod
    def _note(cls, user, digest):
        try:
            cls.insert(user=user, digest=digest, sent_at=in_microseconds(clock.now())).execute()
        except IntegrityError as error:
            raise SentAlready from error
        cls._superfluous(user, KEPT).execute()

    @classmethod
    @prepared
    def _superfluous(cls, user, kept):
        newest_left_out = (
            cls.select(cls.sent_at).where(cls.user == user).order_by(cls.sent_at.desc()).offset(kept).limit(1)
        )
        return cls.delete().where(cls.user == user, cls.sent_at <= newest_left_out)


SentForm.add_index(SentForm.index(SentForm.user, SentForm.sent_at, name="sent_form_sent_at"))

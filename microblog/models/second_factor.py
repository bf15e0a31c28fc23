"""Second factors: an app that shows six digits, others every half a minute (TOTP, RFC 6238)."""

from hmac import compare_digest

from peewee import CharField, ForeignKeyField, IntegerField
from pyotp import TOTP

from microblog.base import clock
from microblog.base.database import BaseModel, UTCDateTimeField
from microblog.base.prepared import prepared
from microblog.models.exceptions import translate_integrity_error
from microblog.models.user import User

STEP_S = 30
# Phones' clocks are not exact: the codes of so many steps before and after the present one are right, too.
SKEW_STEPS = 1


class SecondFactor(BaseModel):
    user = ForeignKeyField(User, primary_key=True, on_delete="CASCADE")
    # In the clear: what can read the database can read the key that it would be encrypted with.
    secret = CharField(32)
    # The latest step whose code was redeemed: neither its code nor one of before is right again.
    last_step = IntegerField()
    created_at = UTCDateTimeField(default=clock.now)

    @classmethod
    def of(cls, user):
        """The second factor of *user*; None if they have none."""
        return cls._of(user).first()

    @classmethod
    def switch_on(cls, user, secret, step):
        """
        Let *secret* be the second factor of *user*; the code of *step* has shown that their app has it.

        Raises:
            SecondFactorOn: they have one already.
        """
        with translate_integrity_error():
            return cls.create(user=user, secret=secret, last_step=step)

    @classmethod
    @prepared
    def _of(cls, user):
        return cls.select().where(cls.user == user)

    def redeem(self, code):
        """Whether *code* is right now, and neither it nor a later one was redeemed before."""
        step = step_of(self.secret, code)
        if step is None:
            return False
        # One beyond what can be right was redeemed before the clock was set back: it must shut nobody out.
        unused = (SecondFactor.last_step < step) | (SecondFactor.last_step > _present() + SKEW_STEPS)
        # Of two requests with the same code at once, the second finds the step taken.
        row = SecondFactor.update(last_step=step).where(SecondFactor.user == self.user_id, unused)
        return bool(row.execute())


def step_of(secret, code):
    """The step near the present one at which an app with *secret* shows *code*; None if none does."""
    present, app = _present(), TOTP(secret)
    shown = {step: app.generate_otp(step) for step in range(present - SKEW_STEPS, present + SKEW_STEPS + 1)}
    given = code.encode(errors="replace")
    return next((step for step in shown if compare_digest(shown[step].encode(), given)), None)


def _present():
    """The step of this moment, counted from 1970."""
    return int(clock.now().timestamp()) // STEP_S

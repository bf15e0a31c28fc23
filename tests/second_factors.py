"""Second factors of the people in tests, and what their apps show."""

from pyotp import TOTP

from microblog.base import clock
from microblog.models import RecoveryCode, SecondFactor
from microblog.models.second_factor import STEP_S

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give(user):
    """Let *user* have a second factor whose codes ``shown`` tells; return their recovery codes."""
    return RecoveryCode.renew(SecondFactor.switch_on(user, SECRET, 0))


def shown(steps=0, secret=SECRET):
    """What the app shows *steps* after now."""
    return TOTP(secret).at(int(clock.now().timestamp()) + steps * STEP_S)


def wrong():
    """Six digits that the app shows at none of the steps around now."""
    near = {shown(steps) for steps in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(9)) if code not in near)

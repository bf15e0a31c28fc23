"""What is done to the second factor of an account; each act is recorded in the security log and mailed."""

import unicodedata

from microblog.accounts import credentials
from microblog.base.database import db
from microblog.mail import account_notices
from microblog.models import RecoveryCode, SecondFactor, User
from microblog.models.exceptions import WrongCode
from microblog.models.second_factor import step_of
from microblog.security import security_log


def switch_on(user: User, secret: str, code: str) -> list[str]:
    """
    Ask *user* for codes from now on, if *code* is one that an app makes of *secret*; end other sessions.

    Return their recovery codes, which cannot be retrieved later.

    Raises:
        WrongCode: the app has another secret, or its clock is wrong.
        SecondFactorOn: they have one already.
        CredentialsChanged: an act has revoked what *user* was checked by.
    """
    step = step_of(secret, _plain(code))
    if step is None:
        raise WrongCode
    with user.as_checked():
        credentials.revoke(credentials.SECOND_FACTOR, user, user.session)
        codes = RecoveryCode.renew(SecondFactor.switch_on(user, secret, step))
        account_notices.send(user, "second_factor_on")
    security_log.record("second-factor-on", user)
    return codes


def check(user: User, code: str, **facts: object) -> None:
    """
    Use up *code*, of the app or for recovery; a wrong one is logged with *facts*.

    Raises:
        WrongCode: it is neither, or was used up before.
    """
    factor, code = SecondFactor.of(user), _plain(code)
    if factor and factor.redeem(code):
        return
    if not (factor and RecoveryCode.redeem(factor, code)):
        security_log.record("second-factor-failed", user, **facts)
        raise WrongCode
    left = factor.recovery_codes.count()
    security_log.record("recovery-code-used", user, left=left, **facts)
    account_notices.send(user, "recovery_code")


def renew_recovery_codes(user: User) -> list[str]:
    """Make new recovery codes in the place of the old; return them."""
    with user.as_checked():
        codes = RecoveryCode.renew(SecondFactor.of(user))
        account_notices.send(user, "recovery_codes")
    security_log.record("recovery-codes-made", user)
    return codes


def switch_off(user: User) -> None:
    """Ask *user* for no code any more; their other sessions end."""
    with user.as_checked():
        credentials.revoke(credentials.SECOND_FACTOR, user, user.session)
        _remove(user)
        account_notices.send(user, "second_factor_off")
    security_log.record("second-factor-off", user)


def reset(user: User, by: str) -> bool:
    """Remove the second factor of *user*, who has lost it; return whether there was one."""
    with db.atomic():
        if done := _remove(user):
            credentials.revoke(credentials.SECOND_FACTOR, user)
            account_notices.send(user, "second_factor_reset", by=by)
    if done:
        security_log.record("second-factor-reset", user, by=by)
    return done


def _remove(user: User) -> bool:
    return bool(SecondFactor.delete().where(SecondFactor.user == user).execute())


def _plain(code: str) -> str:
    """*code* as it is compared: people type spaces, and letters and digits of any width and case."""
    return "".join(unicodedata.normalize("NFKC", code).split()).lower()

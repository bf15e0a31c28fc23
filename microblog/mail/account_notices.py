"""
Mails to the owner of an account about what was done to it, in case somebody else did it.

Each says what, when and from which browser, and what to do then. It has no link that does anything.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from flask import has_request_context, request
from flask_babel import get_locale

from microblog.base import clock
from microblog.base.i18n import N_
from microblog.mail.mail import Mail
from microblog.mail.templates import MailText, mail_kind, may_be_mailed
from microblog.models import User

KIND = "account_notice"
# So many mails about one event to one user within that time; who got these knows already.
MOST, WITHIN = 3, timedelta(hours=1)


class Notice(NamedTuple):
    subject: str
    text: str


NOTICES = {
    "password": Notice(
        N_("Your password was changed"),
        N_(
            "The password of your account was changed. Every other browser was signed out, and the tokens of"
            " your programs ended."
        ),
    ),
    "token": Notice(
        N_("A program may use your account"),
        N_("A token was made, by which a program can use your account."),
    ),
    "new_browser": Notice(
        N_("Somebody signed in from a new browser"),
        N_("Somebody signed in to your account from a browser that was not known, or not any more."),
    ),
    "second_factor_on": Notice(
        N_("A second factor was switched on"),
        N_("From now on, signing in to your account takes a code as well as your password."),
    ),
    "second_factor_off": Notice(
        N_("The second factor was switched off"),
        N_("From now on, signing in to your account takes your password alone."),
    ),
    "recovery_code": Notice(
        N_("A recovery code was used"),
        N_("One of the recovery codes of your account was used. It works no more; the others still do."),
    ),
    "recovery_codes": Notice(
        N_("New recovery codes were made"),
        N_("New recovery codes were made for your account. The old ones work no more."),
    ),
    "wrong_code": Notice(
        N_("Somebody knows your password"),
        N_("Somebody gave the password of your account, but no right code, in a browser that was not known."),
    ),
    "second_factor_reset": Notice(
        N_("The second factor was reset"),
        N_("The second factor of your account was removed. Signing in takes your password alone."),
    ),
}


def send(user: User, event: str, by: str | None = None) -> None:
    """
    Tell *user* of *event*, a key of NOTICES, unless they were told of several like it within the hour.

    *by* is given if somebody else acted for them: an administrator, or the operator.
    """
    if _count_of_late(user, event) < MOST:
        Mail.send(KIND, user.email, user=user, event=event, **_circumstances(by))


def _count_of_late(user: User, event: str) -> int:
    now = clock.now()
    same = (Mail.user == user, Mail.kind == KIND, Mail.arguments["event"] == event)
    return Mail.select().where(*same, Mail.created_at.between(now - WITHIN, now)).count()


def send_to_former_address(user: User, by: str | None = None) -> None:
    """Tell the present address of *user*, which they are about to leave, that it is no longer theirs."""
    # Asked now: afterwards nobody knows whether it was.
    if may_be_mailed(user):
        Mail.send("email_changed", user.email, user=user, **_circumstances(by))


def _circumstances(by: str | None) -> dict[str, Any]:
    """The browser of the request and its language, as far as the user acts themselves."""
    if by or not has_request_context():
        return {"by": by}
    return {"browser": request.user_agent.string[:200], "language": str(get_locale())}


@mail_kind(KIND)
def account_notice(mail: Mail) -> MailText:
    notice = NOTICES[mail.arguments["event"]]
    return _text(mail, notice.subject, what=notice.text)


@mail_kind("email_changed")
def email_changed(mail: Mail) -> MailText:
    return _text(mail, N_("Your e-mail address was changed"))


def _text(mail: Mail, subject: str, **values: object) -> MailText:
    assert mail.user is not None
    facts = {"at": mail.created_at, "by": mail.arguments.get("by"), "browser": mail.arguments.get("browser")}
    return MailText(mail.recipient, mail.user.language, subject, {"user": mail.user, **facts, **values})

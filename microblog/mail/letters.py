"""What each kind of mail in the mail table says; composed in the worker, so that no row holds a secret."""

from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext

from microblog import mail
from microblog.base.i18n import N_
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import CHANGE_EMAIL, RESET_PASSWORD
from microblog.tasks.exceptions import Cancelled

# At most so many links to one address within that time: anybody who asks for more already has them.
MOST_LINKS = 3
LINKS_WITHIN = timedelta(minutes=10)

letters = {}


class Unneeded(Cancelled):
    """The mail concerns nobody, or its recipient has it already."""


class Letter(NamedTuple):
    """
    *language* is the reader's choice, or None; *subject* is in English, translated when composed.

    *values* are for ``templates/email/<kind>``.
    """

    recipient: str
    language: str | None
    subject: str
    values: dict


def write(row):
    """
    The message that *row*, a Mail, stands for.

    Raises:
        Unneeded: it should not be sent.
    """
    letter = letters[row.kind](row)
    with mail.in_language(letter.language, row.arguments.get("language")):
        return mail.compose(
            row.kind,
            subject=gettext(letter.subject).replace("%(what)s", row.arguments.get("what", "")),
            recipient=letter.recipient,
            message_id=f"{row.kind}-{row.id}",
            written_at=row.created_at,
            **letter.values,
        )


def letter(function):
    letters[function.__name__] = function
    return function


@letter
def reset_password(row):
    user = User.with_email(row.recipient)
    if user is None:
        raise Unneeded
    _refuse_flood(row)
    token = OneTimeToken.issue(RESET_PASSWORD, user)
    return Letter(
        user.email, user.language, N_("[Microblog] Reset your password"), {"user": user, "token": token}
    )


@letter
def change_email(row):
    """To the new address: opening the link proves access to its mailbox."""
    _refuse_flood(row)
    token = OneTimeToken.issue(CHANGE_EMAIL, row.user, row.recipient)
    return Letter(
        row.recipient,
        row.user.language,
        N_("[Microblog] Confirm your e-mail address"),
        {"user": row.user, "token": token},
    )


@letter
def email_changed(row):
    """To the old address, in case somebody else made the change."""
    return Letter(
        row.recipient,
        row.user.language,
        N_("[Microblog] Your e-mail address was changed"),
        {"user": row.user},
    )


@letter
def error(row):
    return Letter(row.recipient, None, "[Microblog] Error: %(what)s", row.arguments)


def _refuse_flood(row):
    if row.asked_before(LINKS_WITHIN) >= MOST_LINKS:
        raise Unneeded

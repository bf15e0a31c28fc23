"""Mails with a link that lets their reader in, and the one that says that there is an account already."""

from datetime import timedelta

from microblog.base.i18n import N_
from microblog.mail.exceptions import Unneeded
from microblog.mail.mail import Mail
from microblog.mail.templates import MailText, mail_kind
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import CHANGE_EMAIL, RESET_PASSWORD

# At most so many links to one address within that time: anybody who asks for more already has them.
MOST_LINKS = 3
LINKS_WITHIN = timedelta(minutes=10)


@mail_kind("reset_password", link=True, unconfirmed=True)
def reset_password(mail: Mail) -> MailText:
    _refuse_flood(mail)
    with mail.unended():
        user = User.with_email(mail.recipient)
        if user is None:
            raise Unneeded
        token = OneTimeToken.issue(RESET_PASSWORD, user)
    return MailText(user.email, user.language, N_("Reset your password"), {"user": user, "token": token})


@mail_kind("change_email", link=True, unconfirmed=True)
def change_email(mail: Mail) -> MailText:
    """To the new address, or a new user's: opening the link proves access to its mailbox."""
    _refuse_flood(mail)
    with mail.unended():
        user = User.get_by_id(mail.user_id)
        token = OneTimeToken.issue(CHANGE_EMAIL, user, mail.recipient)
    return MailText(
        mail.recipient,
        user.language,
        N_("Confirm your e-mail address"),
        {"user": user, "token": token},
    )


@mail_kind("account_exists")
def account_exists(mail: Mail) -> MailText:
    """To the owner of the address that somebody else wanted to have for their account."""
    _refuse_flood(mail)
    user = mail.user
    assert user  # Whose account it is.
    return MailText(mail.recipient, user.language, N_("You have an account already"), {"user": user})


def _refuse_flood(mail: Mail) -> None:
    if mail.asked_before(LINKS_WITHIN) >= MOST_LINKS:
        raise Unneeded

"""What mails say, by their kind; rendered in the worker, so that no row holds a secret."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import flask_mail
from flask import current_app, render_template
from flask_babel import gettext

from microblog.base.addresses import ascii_address, email_key
from microblog.base.i18n import N_
from microblog.base.i18n.site_languages import in_language
from microblog.mail.exceptions import MailRefused, Unneeded
from microblog.models import Site, User

if TYPE_CHECKING:
    from microblog.mail.mail import Mail

UNCONFIRMED = N_("Your e-mail address is not confirmed yet.")
# The argument of a mail whose recipient was not confirmed when it was recorded.
TO_UNCONFIRMED = "to_unconfirmed"
# Functions by the kind of mail that they describe, and which kinds are a link: for as long as they wait, too.
kinds: "dict[str, Describe]" = {}
links: set[str] = set()
# The kinds that may go to the address of an account before its owner has confirmed it.
for_anybody: set[str] = set()


class Attachment(NamedTuple):
    name: str
    media_type: str
    content: bytes


class MailText(NamedTuple):
    """
    *language* is the reader's choice, or None; *subject* is in English, translated when rendered, with
    the name of the site before it.

    *values* are for ``templates/email/<kind>``. A mail that is sent again is recognized by *message_id*,
    without the host, and *written_at*: those of its row unless they are given.
    """

    recipient: str
    language: str | None
    subject: str
    values: dict[str, object]
    message_id: str | None = None
    written_at: datetime | None = None
    attachment: Attachment | None = None


# Makes the text of a mail of its row.
Describe = Callable[["Mail"], MailText]


def mail_kind(name: str, link: bool = False, unconfirmed: bool = False) -> Callable[[Describe], Describe]:
    """
    Register the decorated function, which makes the ``MailText`` of a mail's row, for the kind *name*.

    *link*: whoever gets it can do something by it, so it ends with the links that were mailed.
    *unconfirmed*: it may go to an address that nobody has confirmed, which may be a stranger's.
    """

    def register(function: Describe) -> Describe:
        kinds[name] = function
        if link:
            links.add(name)
        if unconfirmed:
            for_anybody.add(name)
        return function

    return register


def render(mail: "Mail") -> flask_mail.Message:
    """
    The message that *mail*, a row, stands for.

    Raises:
        Unneeded: it should not be sent.
        MailRefused: it would go to an address that is not confirmed, and a page tells of it.
    """
    text = kinds[mail.kind](mail)
    if mail.kind not in for_anybody:
        _refuse_unconfirmed(mail, text.recipient)
    with in_language(text.language, mail.arguments.get("language")):
        message = compose(
            mail.kind,
            subject=gettext(text.subject).replace("%(what)s", mail.arguments.get("what", "")),
            recipient=text.recipient,
            message_id=text.message_id or f"{mail.kind}-{mail.id}",
            written_at=text.written_at or mail.created_at,
            **text.values,
        )
    if text.attachment:
        message.attach(*text.attachment)
    return message


def may_be_mailed(user: User) -> bool:
    """Whether mails of every kind may go to *user*; without a mail server, none leaves the site."""
    return user.confirmed_at is not None or not current_app.config["MAIL_SERVER"]


def _refuse_unconfirmed(mail: "Mail", recipient: str) -> None:
    if not current_app.config["MAIL_SERVER"]:
        return
    # Whom it is for comes first: another account may have been given their former address meanwhile.
    user = mail.user or User.with_email(recipient)
    # Of an address that they have left, nothing else tells whether it was ever confirmed.
    left = user and TO_UNCONFIRMED in mail.arguments and email_key(recipient) != user.email_key
    if user and (left or user.confirmed_at is None):
        raise MailRefused(UNCONFIRMED) if mail.task_id else Unneeded


def compose(
    template: str, subject: str, recipient: str, message_id: str, written_at: datetime, **values: object
) -> flask_mail.Message:
    """
    A message with text and HTML bodies from ``templates/email/<template>``.

    Links in it start with the site's own address, never with the host that a request named.
    """
    # Not as it was when this process started: without a BASE_URL the web server decides.
    site_url = current_app.config["SETTINGS"].site_url
    site = Site.current()
    with current_app.test_request_context(base_url=site_url):
        text = render_template(f"email/{template}.txt", site=site, **values)
        html = render_template(f"email/{template}.html", site=site, **values)
    message = flask_mail.Message(
        f"[{site.name}] {subject}",
        # Flask-Mail by itself would send what is for x@straße.de to x@strasse.de.
        recipients=[ascii_address(recipient)],
        body=text,
        html=html,
        sender=current_app.config["SENDER"],
        date=written_at.timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = f"<{message_id}@{urlsplit(site_url).hostname}>"
    return message

"""Mails: how they are composed and sent, and what the server's answer means."""

import smtplib
from urllib.parse import urlsplit
from uuid import uuid4

import flask_mail
from flask import current_app, render_template
from flask_babel import force_locale

from microblog.base import clock, disk
from microblog.base.database import data_dir
from microblog.base.files import atomic_write
from microblog.base.i18n import N_
from microblog.mail.smtp import BrokenOff, mail
from microblog.tasks.mail_tries import MailDelayed, MailRefused

TOO_BIG = 552
UNREACHABLE = N_("The mail server could not be reached.")
LATER = N_("The mail server asked to try again later.")
BROKEN_OFF = N_("The mail server broke off the connection.")
NOT_SIGNED_IN = N_("The mail server did not let this site sign in.")
ADDRESS_REFUSED = N_("The mail server refused the address.")
MAIL_REFUSED = N_("The mail server refused the mail.")
NOT_WRITTEN = N_("The mail could not be written to the outbox.")


class TooBig(MailRefused):
    """The server takes no mail of this size."""


def compose(template, subject, recipient, message_id, written_at, **values):
    """
    A message with text and HTML bodies from ``templates/email/<template>``.

    The same *message_id* and *written_at* make a resent mail recognizable as the same one. Links in it
    start with the site's own address, never with the host that a request named.
    """
    site_url = current_app.config["SITE_URL"]
    with current_app.test_request_context(base_url=site_url):
        text = render_template(f"email/{template}.txt", **values)
        html = render_template(f"email/{template}.html", **values)
    message = flask_mail.Message(
        subject,
        recipients=[recipient],
        body=text,
        html=html,
        sender=current_app.config["SENDER"],
        date=written_at.timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = f"<{message_id}@{urlsplit(site_url).hostname}>"
    return message


def in_language(*wanted):
    """Within the block, use the first of *wanted*, tags or None, that the site offers, else its default."""
    languages = current_app.config["SITE_LANGUAGES"]
    return force_locale(next((tag for tag in wanted if tag in languages), languages[0]))


def deliver(row, message):
    """
    Send *message* for *row*, or write it to the outbox when there is no mail server.

    Does nothing if the row's mail is known to have been sent.

    Raises:
        MailDelayed: it may go through later.
        MailRefused: it will not; ``TooBig`` if a smaller one would.
    """
    if row.mailed_at:
        return
    row.begin_mail()
    try:
        if current_app.config["MAIL_SERVER"]:
            _send(message, row.mark_mailing)
        else:
            _write_to_outbox(row.letter, message)
    except (MailDelayed, MailRefused) as error:
        if not error.uncertain:
            row.write(mailing_at=None)
        raise
    row.write(mailed_at=clock.now())


def send_test(recipient):
    """
    Send a test mail to *recipient* at once and return a sentence that says where it is now.

    Raises:
        MailDelayed: or
        MailRefused: its ``__cause__`` holds the mail server's answer, if there was one.
    """
    message = compose("test", "[Microblog] Test", recipient, f"test-{uuid4()}", clock.now())
    if current_app.config["MAIL_SERVER"]:
        _send(message)
        return f"{current_app.config['MAIL_SERVER']} took the test mail for {recipient}"
    path = _write_to_outbox(data_dir() / "outbox" / "test.eml", message)
    return f"there is no MAIL_SERVER: the test mail is in {path}"


def _send(message, about_to_leave=lambda: None):
    try:
        with mail.connect() as connection:
            connection.host.about_to_leave = about_to_leave
            connection.send(message)
    except BrokenOff as error:
        raise MailDelayed(BROKEN_OFF, uncertain=True) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, _answer = next(iter(error.recipients.values()))
        raise _meaning(code, ADDRESS_REFUSED) from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailDelayed(NOT_SIGNED_IN) from error
    except smtplib.SMTPResponseException as error:
        raise _meaning(error.smtp_code, MAIL_REFUSED) from error
    except OSError as error:
        # Includes every other SMTPException, refused and timed out connections, and bad certificates.
        raise MailDelayed(UNREACHABLE) from error


def _meaning(code, refusal):
    """RFC 5321, 4.2.1: 4yz is transient, 5yz is permanent; 552 says that the mail is too big."""
    if code == TOO_BIG:
        return TooBig(refusal)
    return MailRefused(refusal) if 500 <= code < 600 else MailDelayed(LATER)


def _write_to_outbox(path, message):
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with atomic_write(path, "wb") as file:
            file.write(message.as_bytes())
    except OSError as error:
        raise MailDelayed(disk.OUT_OF_SPACE if disk.is_full(error) else NOT_WRITTEN) from error
    return path

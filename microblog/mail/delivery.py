"""The job that delivers a mail: to a mail server, or to the outbox where there is none."""

from functools import partial
from uuid import uuid4

from flask import current_app, g
from flask_mail import Message
from peewee import OperationalError

from microblog.base import clock
from microblog.mail import error_mails, outbox_files, retries, smtp, templates
from microblog.mail.exceptions import MailDelayed, MailRefused, TooBig
from microblog.mail.mail import Mail
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.worker import job


@job(model=Mail)
def send_mail(mail: Mail) -> None:
    """Render and send the mail; where there is no mail server, write it to the outbox."""
    # A failing error mail must not cause another error mail.
    g.keep_errors_from_mail = mail.kind == error_mails.ERROR
    retries.begin_sending(mail)
    message = templates.render(mail)
    try:
        _send(mail, message)
    except TooBig:
        if not message.attachments:
            raise
        mail.write(arguments={**mail.arguments, "attached": False})
        _send(mail, templates.render(mail))


def send_test(recipient: str) -> str:
    """
    Send a test mail to *recipient* at once and return a sentence that says where it is now.

    Raises:
        MailDelayed: or
        MailRefused: its ``__cause__`` holds the mail server's answer, if there was one.
    """
    message = templates.compose("test", "Test", recipient, f"test-{uuid4()}", clock.now())
    if server := current_app.config["MAIL_SERVER"]:
        smtp.send(message)
        return f"{server} took the test mail for {recipient}"
    return f"there is no MAIL_SERVER: the test mail is in {outbox_files.write('test', message)}"


def _send(mail: Mail, message: Message) -> None:
    if not current_app.config["MAIL_SERVER"]:
        outbox_files.write(mail.id, message)
        mail.finish(SUCCEEDED)
        return
    try:
        [recipient] = message.recipients
        assert isinstance(recipient, str)
        smtp.send(message, before_data_end=partial(retries.mark_sending, mail, recipient))
    except (MailDelayed, MailRefused) as error:
        if not error.uncertain:
            retries.mark_not_sent(mail)
        raise
    sent_at = clock.now()
    try:
        mail.finish(SUCCEEDED, sent_at=sent_at)
    except OperationalError:
        # A busy database: it has been sent, so once more before anybody doubts it.
        mail.reload()
        mail.finish(SUCCEEDED, sent_at=sent_at)

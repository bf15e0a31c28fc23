"""What the mail about a finished export says, with the file attached or with a link to it."""

from flask import current_app

from microblog.base.i18n import N_
from microblog.exports.expiry import expire_file
from microblog.mail.exceptions import Unneeded
from microblog.mail.templates import Attachment, MailText, mail_kind

# The kind of the mail.
MAIL = "export_posts"


@mail_kind(MAIL)
def export_mail(mail):
    """
    With the file attached, or with a link if it is large or the mail server has refused its size.

    Raises:
        Unneeded: the file is not offered any more, or it is gone, which ends the offer.
    """
    task = mail.task
    content = _content_to_attach(task, mail.arguments.get("attached", True))
    return MailText(
        task.user.email,
        task.user.language,
        N_("Your blog posts"),
        {"user": task.user, "task": task, "attached": content is not None},
        message_id=f"export-{task.id}",
        written_at=task.created_at,
        attachment=content and Attachment("posts.json", "application/json", content),
    )


def _content_to_attach(task, wanted):
    try:
        if task.file_expires_at is None:
            raise Unneeded(task.id)
        size = task.file.stat().st_size
        if not wanted or size > current_app.config["EXPORT_ATTACH_MAX_BYTES"]:
            return None
        return task.file.read_bytes()
    except FileNotFoundError as error:
        expire_file(task)
        raise Unneeded(task.id) from error

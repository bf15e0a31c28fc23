"""What the mail about a finished export says, with the file attached or with a link to it."""

from flask import current_app

from microblog.base.i18n import N_
from microblog.exports.expiry import expire_file
from microblog.mail.exceptions import Unneeded
from microblog.mail.mail import Mail
from microblog.mail.templates import Attachment, MailText, mail_kind
from microblog.tasks.task import Task

# The kind of the mail.
MAIL = "export_posts"


@mail_kind(MAIL)
def export_mail(mail: Mail) -> MailText:
    """
    With the file attached, or with a link if it is large or the mail server has refused its size.

    Raises:
        Unneeded: the file is not offered any more, or it is gone, which ends the offer.
    """
    task = mail.task
    assert task is not None
    content = _content_to_attach(task, mail.arguments.get("attached", True))
    return MailText(
        task.owner.email,
        task.owner.language,
        N_("Your blog posts"),
        {"user": task.owner, "task": task, "attached": content is not None},
        message_id=f"export-{task.id}",
        written_at=task.created_at,
        attachment=None if content is None else Attachment("posts.json", "application/json", content),
    )


def _content_to_attach(task: Task, wanted: bool) -> bytes | None:
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

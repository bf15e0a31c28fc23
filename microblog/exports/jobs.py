"""The jobs that the consumer runs: thin functions that call the modules which do the work."""

import time
from datetime import timedelta

from flask import current_app, g
from flask_babel import gettext as _

from microblog import mail
from microblog.base import disk
from microblog.base.i18n import N_
from microblog.exports import archive
from microblog.mail import letters
from microblog.mail.outgoing import Mail
from microblog.security import security_log
from microblog.tasks.exceptions import JobFailed
from microblog.tasks.states import WRITING
from microblog.tasks.task import Task
from microblog.tasks.worker import MAIL_PRIORITY, job


def request_export(user, **arguments):
    """
    Launch an export of *user*'s posts and return its task; *arguments*: the ``language`` of the mail.

    Raises:
        TaskInProgress: one is under way.
    """
    task = Task.launch(export_posts, user, N_("Exporting posts..."), **arguments)
    security_log.record("export-asked", user, task=task.id)
    return task


@job()
def export_posts(task):
    """Write the archive of the user's posts and mail it to them."""
    if task.phase == WRITING or not task.file.exists():
        _write_archive(task)
    mail_archive(task)


def _write_archive(task):
    config = current_app.config
    try:
        made = archive.write(
            task.user_id, task.file, task.draft, report=task.advance, delay_s=config["EXPORT_DELAY_S"]
        )
    except OSError as error:
        if disk.is_full(error):
            raise JobFailed(disk.OUT_OF_SPACE) from error
        raise
    task.offer(timedelta(days=config["EXPORT_KEEP_DAYS"]), **made._asdict())


def mail_archive(task):
    """Mail the archive as an attachment, or as a link if it is large or the mail server refuses its size."""
    small = task.result["size_bytes"] <= current_app.config["EXPORT_ATTACH_MAX_BYTES"]
    try:
        mail.deliver(task, _message(task, attached=small))
    except mail.TooBig:
        if not small:
            raise
        mail.deliver(task, _message(task, attached=False))


def _message(task, attached):
    user = task.user
    with mail.in_language(user.language, task.arguments.get("language")):
        message = mail.compose(
            "export_posts",
            subject=_("[Microblog] Your blog posts"),
            recipient=user.email,
            message_id=f"export-{task.id}",
            written_at=task.created_at,
            user=user,
            task=task,
            attached=attached,
        )
    if attached:
        message.attach("posts.json", "application/json", task.file.read_bytes())
    return message


@job(model=Mail, priority=MAIL_PRIORITY)
def deliver(row):
    """Compose the mail that *row*, a Mail, stands for, and send it."""
    # A failing error mail must not cause another error mail.
    g.keep_errors_from_mail = row.kind == letters.error.__name__
    mail.deliver(row, letters.write(row))


@job()
def example(task):
    """Sleep for ``task.arguments["seconds"]`` and report each second, like the tutorial's first job."""
    seconds = task.arguments["seconds"]
    task.advance(0, seconds)
    for second in range(seconds):
        time.sleep(1)
        task.advance(second + 1, seconds)

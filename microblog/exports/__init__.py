"""The export of one's own posts: the request with its limit, the job, and the offer of the file."""

from datetime import timedelta

from flask import current_app

from microblog.base import clock, error_codes
from microblog.base.database import db
from microblog.base.i18n import N_
from microblog.exports import archive, expiry
from microblog.exports.mail import MAIL
from microblog.mail.delivery import Mail
from microblog.security import security_log
from microblog.tasks.exceptions import JobFailed
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.worker import job

MOST_EXPORTS = 20
# With those that failed or were cancelled: each leaves rows behind.
MOST_ASKED = 60
EXPORTS_WITHIN = timedelta(hours=1)


class TooManyExports(Exception):
    """The user has to wait for *retry_after_s* seconds before the next export."""

    def __init__(self, retry_after_s):
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


def request(user, **arguments):
    """
    Launch an export of *user*'s posts and return its task; *arguments*: the ``language`` of the mail.

    Raises:
        TaskInProgress: one is under way.
        TooManyExports: the user has had twenty within an hour, or asked for sixty.
    """
    task = Task.launch(export_posts, user, N_("Exporting posts..."), **arguments)
    security_log.record("export-asked", user, task=task.id)
    return task


def check_limit(user):
    """
    Count the task rows of *user*: what failed or was cancelled counts only against the larger limit.

    Raises:
        TooManyExports: a limit is reached.
    """
    if not current_app.config["RATE_LIMITS"]:
        return
    of_the_hour = Task.created_at.between(clock.now() - EXPORTS_WITHIN, clock.now())
    asked = (
        Task.select(Task.created_at, Task.state)
        .where(Task.user == user, Task.name == export_posts.name, of_the_hour)
        .order_by(Task.created_at)
    )
    _check(list(asked), MOST_ASKED)
    _check([task for task in asked if task.state not in (FAILED, CANCELLED)], MOST_EXPORTS)


def _check(counted, most):
    if len(counted) >= most:
        due_at = counted[-most].created_at + EXPORTS_WITHIN
        raise TooManyExports((due_at - clock.now()).total_seconds())


@job(limit=check_limit)
def export_posts(task):
    """Write the archive of the user's posts and publish it; its mail is a row of its own."""
    try:
        made = archive.write(
            task.user_id,
            task.file,
            task.draft,
            report=task.advance,
            delay_s=current_app.config["EXPORT_DELAY_S"],
        )
    except OSError as error:
        if error_codes.is_full(error):
            raise JobFailed(error_codes.OUT_OF_SPACE) from error
        raise
    publish_file(task, made)


def publish_file(task, made):
    """
    Offer the file, which is complete: the task succeeds, and its mail is recorded in the same transaction.

    The user's older export mails that wait are withdrawn: this one says all that they would have said. Of the
    files only the newest stay.
    """
    expires_at = clock.now() + timedelta(days=current_app.config["EXPORT_KEEP_DAYS"])
    with db.atomic():
        task.finish(SUCCEEDED, file_expires_at=expires_at, result=made._asdict())
        if task.state == SUCCEEDED:
            waiting = (Mail.user == task.user, Mail.kind == MAIL, Mail.state == QUEUED)
            for mail in list(Mail.select().where(*waiting, Mail.sending_at.is_null())):
                mail.withdraw()
            language = task.arguments.get("language")
            Mail.send(MAIL, task.user.email, task.user, task, priority=0, language=language)
            expiry.expire_older(task)


def is_export(task):
    return task.name == export_posts.name

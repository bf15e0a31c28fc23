"""The export of one's own posts: the request with its limit, the job, and the offer of the files."""

import logging
from datetime import timedelta

from flask import current_app
from flask_babel import get_locale, gettext

from microblog.base import clock, error_codes
from microblog.base.database import db
from microblog.base.i18n import N_
from microblog.base.i18n.site_languages import in_language
from microblog.exports import archive, expiry
from microblog.exports.archive.pages import Words
from microblog.exports.archive.parts import Report, Source
from microblog.exports.archive.site import Site
from microblog.exports.mail import MAIL
from microblog.mail.mail import Mail
from microblog.models import User
from microblog.security import security_log
from microblog.tasks.exceptions import JobFailed
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.worker import job

MOST_EXPORTS = 20
# With those that failed or were cancelled: each leaves rows behind.
MOST_ASKED = 60
EXPORTS_WITHIN = timedelta(hours=1)
# The kinds of work that write an archive.
WRITING = ("export_posts", "delete_posts")
NOT_READ_BACK = N_("What was written could not be read back. Try again.")

log = logging.getLogger(__name__)


class TooManyExports(Exception):
    """The user has to wait for *retry_after_s* seconds before the next export."""

    def __init__(self, retry_after_s: float):
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


def request(user: User, by: str | None = None, **arguments: object) -> Task:
    """
    Launch an export of *user*'s posts and return its task.

    *by*: as in ``Task.launch``. *arguments*: the ``language`` of mail and pages; ``messages``, if true, adds
    messages and e-mail address.

    Raises:
        TaskInProgress: one is under way.
        TooManyExports: the user has had twenty within an hour, or asked for sixty.
    """
    task = Task.launch(export_posts, user, N_("Exporting posts..."), by, **arguments)
    facts = {"messages": "yes"} if has_messages(task) else {}
    security_log.record("export-asked", user, by=by, task=task.id, **facts)
    return task


def check_limit(user: User | int) -> None:
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
        .where(Task.user == user, Task.name.in_(WRITING), of_the_hour)
        .order_by(Task.created_at)
    )
    _check(list(asked), MOST_ASKED)
    _check([task for task in asked if task.state not in (FAILED, CANCELLED)], MOST_EXPORTS)


def _check(counted: list[Task], most: int) -> None:
    if len(counted) >= most:
        due_at = counted[-most].created_at + EXPORTS_WITHIN
        raise TooManyExports((due_at - clock.now()).total_seconds())


@job(limit=check_limit)
def export_posts(task: Task) -> None:
    """Write the user's archive and posts.json, and publish them; their mail is a row of its own."""
    publish_file(task, write_files(task, task.advance))


def source_of(user: User, messages: bool = False) -> Source:
    """What an archive of *user* is made of, in the present language; *messages*: see ``request``."""
    # Not as they were when this process started: without a BASE_URL the web server decides.
    address, keys = current_app.config["SETTINGS"].site_url, tuple(current_app.config["SIGNING_KEYS"])
    site = Site(address, keys)
    return Source(user.id, site, Words(gettext, str(get_locale()).replace("_", "-")), messages)


def write_files(task: Task, report: Report) -> archive.Made:
    """
    Write the archive of *task*'s user and posts.json, in their language; *report*: see ``archive.write``.

    Raises:
        JobFailed: the disk is full, or what was written is not what is read back.
    """
    delay_s = current_app.config["EXPORT_DELAY_S"]
    try:
        with in_language(task.arguments.get("language"), task.owner.language):
            source = source_of(task.owner, has_messages(task))
            return archive.write(source, task.file, task.draft, report, delay_s)
    except archive.NotReadBack as error:
        log.error("the archive of %s could not be read back: %s", task.id, error)
        raise JobFailed(NOT_READ_BACK) from error
    except OSError as error:
        if error_codes.is_full(error):
            raise JobFailed(error_codes.OUT_OF_SPACE) from error
        raise


def publish_file(task: Task, made: archive.Made) -> None:
    """
    Offer the files, which are complete: the task succeeds, and its mail is recorded in the same transaction.

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
            Mail.send(MAIL, task.owner.email, task.owner, task, priority=0, language=language)
            expiry.expire_older(task)


def is_export(task: Task) -> bool:
    return task.name == export_posts.name


def has_messages(task: Task) -> bool:
    """Whether the archive of *task* has private messages and an e-mail address in it."""
    return bool(task.arguments.get("messages"))

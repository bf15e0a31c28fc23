"""What a person asks of an import: a file is looked at, confirmed, cancelled and undone."""

from datetime import timedelta
from pathlib import Path

from flask import current_app

from microblog.base import clock
from microblog.base.database import db
from microblog.base.files import make_folder
from microblog.base.i18n import N_
from microblog.exports.archive import zip_beside
from microblog.exports.deletion import can_be_undone
from microblog.imports.import_row import BRINGING, LOOKING, PREVIEW, Choices, Import
from microblog.imports.jobs import import_posts, preview_import, undo_import
from microblog.models import User
from microblog.security import security_log
from microblog.tasks.jobs import Job
from microblog.tasks.states import FAILED
from microblog.tasks.task import Task

MOST_FILES = 2
# Those that could not be read count only against the larger limit.
MOST_A_DAY, MOST_ASKED_A_DAY = 5, 30
DAY = timedelta(days=1)


class TooManyImports(Exception):
    """The user has to wait for *retry_after_s* seconds before the next import."""

    def __init__(self, retry_after_s: float):
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class TooManyFiles(Exception):
    """The user has two files here that are neither imported nor cancelled."""


class NotNow(Exception):
    """The import is not in the state for it, or not any more."""


def check_quota(user: User) -> None:
    """
    Check that *user* may send another file; to be asked before any of it is read.

    Raises:
        TooManyImports: five were looked at within a day.
        TooManyFiles: two wait.
    """
    if not current_app.config["RATE_LIMITS"]:
        return
    recent = [
        each for each in Import.of(user).where(Import.created_at > clock.now() - DAY) if not each.undoes
    ]
    _check([each for each in recent if each.state != FAILED], MOST_A_DAY)
    _check(recent, MOST_ASKED_A_DAY)
    if (
        sum(each.state in (LOOKING, PREVIEW, BRINGING) and each.file.exists() for each in recent)
        >= MOST_FILES
    ):
        raise TooManyFiles


def _check(recent: list[Import], most: int) -> None:
    if len(recent) >= most:
        raise TooManyImports((recent[most - 1].created_at + DAY - clock.now()).total_seconds())


def look(user: User, name: str, upload: Path) -> Import:
    """
    Have the file *upload*, a path on the same disk, looked at, and return the row of its import.

    *name*: what its user calls it.

    Raises:
        TaskInProgress: another file is looked at.
    """
    with db.atomic():
        row = Import.create(user=user, name=name)
        _launch(row, preview_import, N_("Looking at your file..."))
        # After all that may be refused.
        _take(row, upload)
    security_log.record("import-asked", user, id=row.id)
    return row


def confirm(row: Import, choices: Choices, by: str | None = None) -> None:
    """
    Have the posts brought; *choices* are what ``jobs`` knows.

    Raises:
        NotNow: there is no preview, or the file is gone.
        TaskInProgress: another import is under way.
    """
    if not row.can_be_confirmed:
        raise NotNow
    with db.atomic():
        row.write(choices=choices, confirmed_at=clock.now())
        _launch(row, import_posts, N_("Bringing your posts..."), by)
    security_log.record("import-confirmed", row.user, by=by, id=row.id)


def cancel(row: Import, by: str | None = None) -> None:
    """
    End what is under way, and delete the file: nothing is kept of it.

    Raises:
        NotNow: no task brings it, but a command of the operator's.
    """
    if row.state in (LOOKING, BRINGING):
        if row.task is None:
            raise NotNow
        row.task.cancel(by)
    elif row.state == PREVIEW:
        row.write(counts=None)
        if row.task:
            row.task.dismiss()
        row.delete_files()
    security_log.record("import-cancelled", row.user, by=by, id=row.id)


def undo(row: Import, by: str | None = None) -> None:
    """
    Have everything taken away again that the import has brought.

    Raises:
        NotNow: it has brought nothing, or that is longer ago than 30 days.
        TaskInProgress: another import is being undone.
    """
    if not row.can_be_undone:
        raise NotNow
    with db.atomic():
        _launch(row, undo_import, N_("Undoing your import..."), by)
    security_log.record("import-undone", row.user, by=by, id=row.id)


def bring_back(deletion: Task) -> Import:
    """
    Have everything brought back that the task *deletion* has deleted, and return the row of the import.

    Raises:
        NotNow: it has deleted nothing, or its archive is gone.
        TaskInProgress: another import is under way.
    """
    if not can_be_undone(deletion):
        raise NotNow
    name = f"microblog-{deletion.owner.username}-{deletion.created_at:%Y-%m-%d}.zip"
    with db.atomic():
        now, choices = clock.now(), {"undoes": deletion.id}
        row = Import.create(user=deletion.user, name=name, choices=choices, confirmed_at=now)
        _launch(row, import_posts, N_("Bringing your posts back..."))
        _take(row, zip_beside(deletion.file))
    security_log.record("posts-deletion-undone", deletion.user, id=row.id, task=deletion.id)
    return row


def _take(row: Import, path: Path) -> None:
    """Have the file *path* as that of the import *row*, which is not committed yet."""
    make_folder(row.file.parent)
    # An id can come again, and a kill before the commit leaves its file.
    row.delete_files()
    try:
        row.file.hardlink_to(path)
    except FileNotFoundError as error:
        raise NotNow from error


def _launch(row: Import, job: Job, description: str, by: str | None = None) -> None:
    """What the card of the step before says is true no more."""
    # What undoes a deletion is told apart from its arguments: for pages of many tasks.
    arguments = {"import_id": row.id} | ({"undoes": row.undoes} if row.undoes else {})
    before, task = row.task, Task.launch(job, row.user_id, description, by, **arguments)
    row.write(task=task)
    if before:
        before.dismiss()

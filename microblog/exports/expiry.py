"""The end of an export's offer: by its owner, for newer ones, because its days are over, or as it is gone."""

from pathlib import Path

from microblog.base import clock
from microblog.base.database import db
from microblog.exports import archive
from microblog.security import security_log
from microblog.tasks.task import Task

# Files that one user can have at once: a file can be as large as all that they wrote.
MOST_FILES = 3


def delete_file(task: Task) -> None:
    """Delete the file at its owner's request; the task stays. A mail that has not left is withdrawn."""
    expire_file(task)
    security_log.record("export-deleted", task.user, task=task.id)


def expire_file(task: Task) -> None:
    """Stop offering the file and delete it; the task stays. A mail that has not left is withdrawn."""
    with db.atomic():
        Task.update(file_expires_at=None).where(Task.id == task.id).execute()
        for mail in list(task.mails):
            mail.withdraw()
        task.dismiss()
        db.after_commit(task.delete_files)


def expire_older(newest: Task) -> None:
    """Expire what the user of the task *newest* had before, except the ``MOST_FILES`` that it is one of."""
    offered = Task.select().where(Task.user == newest.user_id, Task.file_expires_at.is_null(False))
    others = offered.where(Task.name == newest.name, Task.id != newest.id).order_by(
        Task.created_at.desc(), Task.id.desc()
    )
    for task in list(others.offset(MOST_FILES - 1)):
        expire_file(task)


def expire_files() -> None:
    """Expire what has been offered long enough, and what one of its files is gone of."""
    for task in list(Task.select().where(Task.file_expires_at.is_null(False))):
        if task.file_expires_at <= clock.now() or not all(path.exists() for path in _files(task)):
            expire_file(task)


def _files(task: Task) -> list[Path]:
    """The files that *task* offers: of before there were archives, only one."""
    has_archive = "archive_bytes" in (task.result or {})
    return [task.file, archive.zip_beside(task.file)] if has_archive else [task.file]

"""The end of an export's offer: its owner deletes the file, its days are over, or it is gone."""

from microblog.base import clock
from microblog.base.database import db
from microblog.security import security_log
from microblog.tasks.task import Task


def delete_file(task):
    """Delete the file at its owner's request; the task stays. A mail that has not left is withdrawn."""
    expire_file(task)
    security_log.record("export-deleted", task.user, task=task.id)


def expire_file(task):
    """Stop offering the file and delete it; the task stays. A mail that has not left is withdrawn."""
    with db.atomic():
        Task.update(file_expires_at=None).where(Task.id == task.id).execute()
        for mail in list(task.mails):
            mail.withdraw()
        task.dismiss()
    task.delete_files()


def expire_files():
    """Expire each file that has been offered long enough, and each that is gone."""
    for task in list(Task.select().where(Task.file_expires_at.is_null(False))):
        if task.file_expires_at <= clock.now() or not task.file.exists():
            expire_file(task)

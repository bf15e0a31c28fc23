"""What a night deletes: what has ended long ago, and files that nobody needs any more."""

import shutil
from datetime import timedelta

from microblog.base import clock
from microblog.base.database import data_dir
from microblog.base.files import changed_at
from microblog.mail.mail import Mail
from microblog.models import FormerName, Notification, OneTimeToken, Session, Token
from microblog.tasks.states import CANCELLED, RUNNING
from microblog.tasks.task import Task

# Ended tasks and mails.
KEEP = timedelta(days=90)
# Copies set aside by upgrades and restores: keep this many of each, and all of the last week. Somebody who
# restored several backups in a row may want back what was there before the first.
FORMER = ("before-upgrade", "before-restore")
KEEP_FORMER = 3
KEEP_FORMER_FOR = timedelta(days=7)


def remove_stray_files():
    """Remove export files that belong to no task any more, and drafts that nobody is writing."""
    # Files first, then all rows in one query: what is written or offered in between is left alone.
    files = list((data_dir() / "exports").glob("*"))
    kept = Task.file_expires_at.is_null(False) | (Task.state == RUNNING)
    states = {task.id: task.state for task in Task.select(Task.id, Task.state).where(kept)}
    _remove_strays(files, states)


def remove_stray_mails():
    """Remove mails in the outbox that nobody is to have any more, and drafts that nobody is writing."""
    # Files first: every listed mail had its row before its file.
    mails = list((data_dir() / "outbox").glob("*"))
    states = {mail.id: mail.state for mail in Mail.select(Mail.id, Mail.state).where(Mail.state != CANCELLED)}
    _remove_strays(mails, states)


def remove_former_databases():
    """Remove the copies set aside before upgrades and restores, except the newest and the last week's."""
    for folder in FORMER:
        # Named after the time they were made, so names sort by age; a .part is left by an interrupted copy.
        paths = sorted((data_dir() / folder).glob("*"))
        newest = [path for path in paths if path.suffix != ".part"][-KEEP_FORMER:]
        for path in paths:
            if path not in newest and clock.now() - changed_at(path) > KEEP_FORMER_FOR:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def forget_the_past():
    """Delete ended tasks, mails and their notifications after 90 days, and what has ended of the rest."""
    before = clock.now() - KEEP
    # A mail about a task goes with it.
    Mail.delete().where(Mail.finished_at < before, Mail.task.is_null()).execute()
    # Not while the file is offered: without its row it would be removed as a stray.
    Task.delete().where(Task.finished_at < before, Task.file_expires_at.is_null()).execute()
    told_long_ago = Notification.timestamp < before
    Notification.delete().where(Notification.name == "task_progress", told_long_ago).execute()
    Session.delete_expired()
    OneTimeToken.delete_expired()
    Token.delete_expired()
    FormerName.delete_expired()


def _remove_strays(files, states):
    for path in files:
        state = states.get(path.name.split(".")[0])
        if state is None or (path.suffix == ".part" and state != RUNNING):
            path.unlink(missing_ok=True)

"""
Daily upkeep: deletes what nobody needs any more and writes the nightly backup.

It is a task without a user, launched when none is younger than a day. Each chore can safely be interrupted or
run twice.
"""

import logging
import shutil
import time
from datetime import UTC, datetime, timedelta

from microblog.base import clock
from microblog.base.database import data_dir, db
from microblog.base.i18n import N_
from microblog.base.logs import log_failure, one_line
from microblog.exports import expiry
from microblog.imports import expiry as imports
from microblog.mail.mail import Mail
from microblog.models import DeletedPost, FormerName, Notification, OneTimeToken, Session, Token, User
from microblog.ops import backup, rehearsal
from microblog.ops.rehearsal import NOTHING
from microblog.security import security_log
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, RUNNING
from microblog.tasks.task import Task
from microblog.tasks.worker import job

EVERY = timedelta(days=1)
KEEP = timedelta(days=90)
# Copies set aside by upgrades and restores: keep this many of each, and all of the last week. Somebody who
# restored several backups in a row may want back what was there before the first.
FORMER = ("before-upgrade", "before-restore")
KEEP_FORMER = 3
KEEP_FORMER_FOR = timedelta(days=7)
LONGEST_FAULT = 200

log = logging.getLogger(__name__)


@job()
def nightly(task):
    """
    Run every chore; a failing one is logged and does not stop the others.

    The task's ``result`` has for each of them when it ended, how long it took, its error or None, and what it
    returned: the name of what it made, or NOTHING.
    """
    task.advance(0, len(CHORES))
    outcomes = {}
    for done, chore in enumerate(CHORES, start=1):
        outcomes[chore.__name__] = _do(chore)
        task.write(result=outcomes)
        task.advance(done, len(CHORES))


def launch_if_due():
    """Launch it if none is under way or younger than a day."""
    now = clock.now()
    # One ahead of a clock that was set back is not young.
    young = Task.created_at.between(now - EVERY, now)
    with db.atomic():
        if not Task.select().where(Task.name == nightly.name, young | Task.finished_at.is_null()).exists():
            _launch()


def launch_now(by):
    """
    Launch it whenever it was last done and return its task; *by* is who does it.

    Raises:
        TaskInProgress: it is under way.
    """
    with db.atomic():
        if Task.select().where(Task.name == nightly.name, Task.finished_at.is_null()).exists():
            raise TaskInProgress(nightly.name)
        task = _launch()
    security_log.record("nightly-launched", task=task.id, by=by)
    return task


def _launch():
    return Task.launch(nightly, None, N_("Nightly work"))


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
            if path not in newest and clock.now() - _made_at(path) > KEEP_FORMER_FOR:
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


def back_up():
    """
    Write the nightly backup, then delete all nightly backups but the newest ones.

    Returns its name, or NOTHING while the site is younger than a day.

    Raises:
        CannotBackUp: nothing was deleted either.
    """
    founded_at = User.first_registered_at()
    if founded_at is None or clock.now() - founded_at < EVERY:
        return NOTHING
    path = backup.write("nightly")
    log.info("backup written: %s, %d bytes", path, path.stat().st_size)
    backup.remove_old()
    return path.name


CHORES = [
    expiry.expire_files,
    imports.remove_files,
    remove_stray_files,
    forget_the_past,
    remove_stray_mails,
    remove_former_databases,
    back_up,
    rehearsal.rehearse_newest,
]


def _do(chore):
    began_s, fault, made = time.monotonic(), None, None
    try:
        made = chore()
    except Exception as error:
        log_failure(log, f"nightly work: {chore.__name__}", error)
        fault = one_line(f"{type(error).__name__}: {error}")[:LONGEST_FAULT]
    else:
        log.info("nightly work: %s done", chore.__name__)
    took_s = time.monotonic() - began_s
    return {"ended_at": clock.now().isoformat(), "seconds": took_s, "error": fault, "made": made}


def _remove_strays(files, states):
    for path in files:
        state = states.get(path.name.split(".")[0])
        if state is None or (path.suffix == ".part" and state != RUNNING):
            path.unlink(missing_ok=True)


def _made_at(path):
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


huey.at_start.append(backup.empty_staging_dir)
huey.housekeeping.append(launch_if_due)
# Not kept until the night.
huey.housekeeping.append(DeletedPost.delete_expired)

"""
Daily upkeep: deletes what nobody needs any more and writes the nightly backup.

It has no row: each chore can safely be interrupted or run twice. Huey's scheduler checks every minute whether
the last run is over a day old; a worker runs it, so that it never delays the reconciler. It takes the slot of
a task, so that a worker stays free for mails.
"""

import logging
import math
import shutil
from datetime import UTC, datetime, timedelta

from microblog.base import clock
from microblog.base.database import data_dir, db
from microblog.mail.outgoing import Mail
from microblog.models import Notification, OneTimeToken, Session
from microblog.ops import backup
from microblog.security import security_log
from microblog.tasks.queue import huey
from microblog.tasks.states import RUNNING
from microblog.tasks.task import Task

EVERY = timedelta(days=1)
# Longer than the minute until the scheduler asks again.
RESERVED_S = 90
KEEP = timedelta(days=90)
# Copies set aside by upgrades and restores: keep this many of each, and all of the last week. Somebody who
# restored several backups in a row may want back what was there before the first.
FORMER = ("before-upgrade", "before-restore")
KEEP_FORMER = 3
KEEP_FORMER_FOR = timedelta(days=7)

log = logging.getLogger(__name__)


@huey.periodic_task(lambda _now: is_due(), name="nightly")
def work():
    """Run every chore; a failing one is logged and does not stop the others."""
    if not _begin():
        return
    try:
        for chore in CHORES:
            _do(chore)
    finally:
        # The reconciler rings for the tasks that were held up.
        huey.slots.reserve(0)


def is_due():
    """Whether the last run is over a day old, or not known, or stamped ahead of a clock that was set back."""
    last_run = _last_run()
    return last_run is None or not timedelta() <= clock.now() - last_run <= EVERY


def expire_files():
    """Withdraw exports that have expired."""
    for task in list(Task.with_expired_file()):
        task.withdraw_file()


def remove_stray_files():
    """Remove export files that belong to no task any more, and drafts that nobody is writing."""
    # Files first, then all rows in one query: what is written or offered in between is left alone.
    files = list((data_dir() / "exports").glob("*"))
    states = {task.id: task.state for task in Task.with_file_at_work()}
    _remove_strays(files, states)


def remove_stray_letters():
    """Remove mails in the outbox that belong to no row any more, and drafts that nobody is writing."""
    # Files first: every listed mail had its row before its file.
    letters = list((data_dir() / "outbox").glob("*"))
    states = {row.id: row.state for model in (Task, Mail) for row in model.select(model.id, model.state)}
    _remove_strays(letters, states)


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
    """Delete ended tasks, mails and their notifications after 90 days, and sessions that have ended."""
    before = clock.now() - KEEP
    Mail.delete().where(Mail.finished_at < before).execute()
    # Not while the file is offered: without its row it would be removed as a stray.
    Task.delete().where(Task.finished_at < before, Task.file_expires_at.is_null()).execute()
    told_long_ago = Notification.timestamp < before
    Notification.delete().where(Notification.name == "task_progress", told_long_ago).execute()
    Session.delete_ended()
    OneTimeToken.delete_expired()


CHORES = [
    expire_files,
    remove_stray_files,
    forget_the_past,
    remove_stray_letters,
    remove_former_databases,
    security_log.put_aside_when_large,
    backup.nightly,
]


def _begin():
    """Whether to begin now: it is due and there is a slot, which it then takes."""
    # The transaction keeps tasks from being claimed, and others from beginning this, in between.
    with db.atomic():
        if not is_due():
            # The scheduler asked more than once while all workers were busy.
            return False
        if Task.slots_left(huey.worker.name) < 1:
            # Kept until the scheduler asks again: otherwise waiting tasks would always be faster.
            huey.slots.reserve(RESERVED_S)
            return False
        # Stamped first: a chore that kills the worker must not do so again in a minute.
        _stamp().write_text(clock.now().isoformat())
        huey.slots.reserve(math.inf)
        return True


def _do(chore):
    try:
        chore()
    except Exception:
        log.exception("nightly work: %s failed", chore.__name__)
    else:
        log.info("nightly work: %s done", chore.__name__)


def _remove_strays(files, states):
    for path in files:
        state = states.get(path.name.split(".")[0])
        if state is None or (path.suffix == ".part" and state != RUNNING):
            path.unlink(missing_ok=True)


def _made_at(path):
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _last_run():
    """When the last run began; None when the stamp is missing or unreadable."""
    try:
        return datetime.fromisoformat(_stamp().read_text())
    except (OSError, ValueError):
        return None


def _stamp():
    return data_dir() / "run" / "nightly"

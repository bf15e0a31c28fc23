"""
Daily upkeep: deletes what nobody needs any more, see ``cleanup``, and writes the nightly backup.

It is a task without a user, launched when none is younger than a day. Each chore can safely be interrupted or
run twice.
"""

import logging
import time
from datetime import timedelta

from microblog.base import clock
from microblog.base.database import db
from microblog.base.i18n import N_
from microblog.base.logs import log_failure, one_line
from microblog.exports import expiry
from microblog.imports import expiry as imports
from microblog.models import DeletedPost, User
from microblog.ops import backup, cleanup, rehearsal
from microblog.ops.rehearsal import NOTHING
from microblog.security import security_log
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from microblog.tasks.worker import job

EVERY = timedelta(days=1)
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
    cleanup.remove_stray_files,
    cleanup.forget_the_past,
    cleanup.remove_stray_mails,
    cleanup.remove_former_databases,
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


huey.at_start.append(backup.empty_staging_dir)
huey.housekeeping.append(launch_if_due)
# Not kept until the night.
huey.housekeeping.append(DeletedPost.delete_expired)

"""
Progress through Huey's signals: from a task to the signal, from its handler to row and notification.

The throttle, the signal and the handler stand side by side; nothing depends on a signal having arrived.
"""

import logging
import math
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from peewee import ModelUpdate, OperationalError, fn

from microblog.base import clock
from microblog.base.database import db
from microblog.base.prepared import prepared
from microblog.tasks.jobs import jobs
from microblog.tasks.message_store import Message
from microblog.tasks.queue import huey
from microblog.tasks.states import RUNNING

if TYPE_CHECKING:
    from microblog.tasks.task import Task

log = logging.getLogger(__name__)

SIGNAL_PROGRESS = "progress"
REPORT_EVERY_S = 0.25
# Even without a new percentage: a running task must not look silent.
REPORT_AFTER_SILENCE_S = 10
# No time left is estimated before both are reached.
ESTIMATE_AFTER = timedelta(seconds=2)
ESTIMATE_AFTER_PERCENT = 5


class Progress(NamedTuple):
    """Payload of the signal; *consumer_id* and *attempt* identify the claim it belongs to."""

    done: int
    total: int
    consumer_id: str | None
    attempt: int

    @property
    def percent(self) -> int:
        """0 to 99: 100 is reserved for tasks that have succeeded."""
        return min(99, 100 * self.done // self.total) if self.total else 0


class Throttle:
    """Limits how often the progress of a running task is reported."""

    def __init__(self) -> None:
        # Of what was reported last.
        self.last_percent, self.reported_at_s = -1, -math.inf

    def admits(self, progress: Progress) -> bool:
        """
        Whether *progress* should be reported now; if so, remember it as reported.

        Each whole per cent is, at most four times a second, and any progress after ten seconds of silence;
        the first and the last always are.
        """
        admitted = progress.done >= progress.total or self._is_news(progress)
        if admitted:
            # Not by the clock: while one that was set back catches up, the bar would stand still.
            self.last_percent, self.reported_at_s = progress.percent, monotonic()
        return admitted

    def _is_news(self, progress: Progress) -> bool:
        silence_s = monotonic() - self.reported_at_s
        newer = progress.percent > self.last_percent and silence_s >= REPORT_EVERY_S
        return newer or silence_s >= REPORT_AFTER_SILENCE_S


def report_progress(task: "Task", message: Message, done: int, total: int) -> None:
    """Emit the signal for *task*, which works on behalf of *message*, as often as its throttle admits."""
    progress = Progress(done, total, task.consumer_id, task.attempts)
    if task.throttle.admits(progress):
        huey.emit(SIGNAL_PROGRESS, message, progress)


@huey.signal(SIGNAL_PROGRESS)  # type: ignore[untyped-decorator] # Huey comes without types
def record_progress(_signal: str, message: Message, progress: Progress) -> None:
    """Update the row and notify its user in one transaction; ignore a consumer that has lost its claim."""
    model = jobs[message.name].model
    try:
        with db.atomic():
            if _store(model, message.id, progress):
                model.get_by_id(message.id).notify()
    except OperationalError as error:
        # The next step tells as well.
        log.warning("the progress of %s could not be written: %s", message.id, error)


def estimate_time_left(began_at: datetime, advanced_at: datetime, done: int, total: int) -> timedelta | None:
    """
    Estimated timedelta until *total*, at the pace up to the last step; None while it is too early.

    It stays the same between steps: measured up to now, it would grow with each page load in between.
    """
    passed = advanced_at - began_at
    if not done or passed < ESTIMATE_AFTER or 100 * done < ESTIMATE_AFTER_PERCENT * total:
        return None
    return passed * (total - done) / done


def _store(model: "type[Any]", task_id: str, progress: Progress) -> bool:
    """Store *progress* in ``Task``, the *model*. Returns whether the task still belongs to that consumer."""
    done, total, consumer_id, attempt = progress
    stored = _stored(model, task_id, consumer_id, attempt, done, total, progress.percent, clock.now())
    return bool(stored.execute())


@prepared
def _stored(
    model: "type[Task]",
    task_id: str,
    consumer_id: str | None,
    attempt: int,
    done: Any,
    total: Any,
    percent: Any,
    now: Any,
) -> ModelUpdate:
    is_its_own = (
        model.id == task_id,
        model.state == RUNNING,
        model.consumer_id == consumer_id,
        model.attempts == attempt,
    )
    return model.update(
        done=fn.MIN(total.into(model.total), fn.MAX(model.done, done.into(model.done))),
        total=total.into(model.total),
        progress=fn.MAX(model.progress, percent.into(model.progress)),
        advanced_at=now.into(model.advanced_at),
    ).where(*is_its_own)

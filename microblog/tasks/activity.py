"""What each background worker does, and why what waits has not begun."""

from collections import defaultdict
from typing import NamedTuple

from peewee import JOIN

from microblog.base import clock
from microblog.models import User
from microblog.tasks.claims import CRASHED, LONGEST_PAUSE
from microblog.tasks.queue import huey
from microblog.tasks.states import RUNNING
from microblog.tasks.work_item import WorkItem

# Why a row waits.
PAUSE, NO_WORKER, NO_QUEUE, HELD, CRASH, OTHERS, NEXT = REASONS = (
    "pause",
    "no_worker",
    "no_queue",
    "held",
    "crash",
    "others",
    "next",
)


class Worker(NamedTuple):
    """A consumer process; *items*: what it works on, tasks and mails with their users, the oldest first."""

    consumer_id: str
    is_alive: bool
    items: list[WorkItem]


class Workers(NamedTuple):
    """All of them at one moment; *messages*: how many lie in the queue, None if it does not answer."""

    workers: list[Worker]
    messages: int | None
    is_held: bool
    is_crash_due: bool

    def why(self, item: WorkItem) -> str:
        """Why *item*, a task or mail that is queued, has not begun: one of the REASONS."""
        urgent = item.priority and not item.crash_count
        busy = any(not each.is_silent for each in self.items)
        return next(
            (
                reason
                for reason, applies in (
                    (PAUSE, clock.now() < item.run_after <= clock.now() + LONGEST_PAUSE),
                    (NO_WORKER, not any(worker.is_alive for worker in self.workers)),
                    (NO_QUEUE, self.messages is None),
                    (HELD, self.is_held and not urgent),
                    (CRASH, self.is_crash_due and not urgent and not item.crash_count),
                    (OTHERS, busy),
                )
                if applies
            ),
            NEXT,
        )

    @property
    def items(self) -> list[WorkItem]:
        """What is worked on, by whomever."""
        return [item for worker in self.workers for item in worker.items]


def now() -> Workers:
    """
    The Workers: each that is alive, and each that is gone but whose rows nobody has recovered yet.

    Who is alive is known by their locks, what they do by the rows.
    """
    living: set[str] = huey.lock.living()
    doing: dict[str, list[WorkItem]] = defaultdict(list)
    for item in _running():
        assert item.consumer_id is not None
        doing[item.consumer_id].append(item)
    workers = [Worker(name, name in living, doing[name]) for name in sorted(living | doing.keys())]
    return Workers(workers, huey.count_messages(), huey.is_held, any(map(_crashed, WorkItem.kinds())))


def _running() -> list[WorkItem]:
    found = [
        item
        for kind in WorkItem.kinds()
        for item in kind.select(kind, User).join(User, JOIN.LEFT_OUTER).where(kind.state == RUNNING)
    ]
    return sorted(found, key=lambda item: item.started_at)


def _crashed(kind: type[WorkItem]) -> bool:
    return kind.select().where(CRASHED, kind.is_due()).exists()

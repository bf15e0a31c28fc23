"""
A row that stands for work: claimed by one consumer, worked on, finished once.

The row is the truth; the queue message only wakes a worker. Every write that leaves a state is here or in
``claims``, guarded by the claim; ``states.TRANSITIONS`` says which there are.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Self

from peewee import ModelSelect

from microblog.base import clock
from microblog.base.database import db
from microblog.base.prepared import prepared, update
from microblog.tasks.claims import Claimable
from microblog.tasks.exceptions import ClaimLost
from microblog.tasks.message_store import Message
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED


class WorkItem(Claimable):
    """What tasks and mails have in common; each adds what is declared here, and the column ``thread``."""

    # The queue message that a worker received for this object; None elsewhere.
    message: Message | None = None
    # Between attempts.
    PAUSES: tuple[timedelta, ...]
    # Written with a final state, by that state.
    FINAL_VALUES: Mapping[str, Mapping[str, object]]
    # Tells whoever watches the row.
    notify: Callable[[], None]
    delete_drafts: Callable[[], None]
    # What an end without success leaves behind.
    delete_leftovers: Callable[[], None]

    @property
    def cancel_asked(self) -> bool:
        """Whether its user has asked to cancel it, as the database knows."""
        return False

    def write(self, **values: object) -> None:
        """
        Update the row, provided that its claim is still ours.

        Raises:
            ClaimLost: it is not ours any more.
        """
        mine = {name: getattr(self, name) for name in ("id", "state", "consumer_id", "attempts")}
        if not update(type(self), values, where=mine):
            raise ClaimLost(self.id)
        for name, value in values.items():
            setattr(self, name, value)

    def finish(self, state: str, error: str | None = None, **values: object) -> None:
        """
        Write the one final state: CANCELLED if that was asked for before, however far the work got.

        *error* is why it FAILED, one sentence for the user.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            if self.cancel_asked:
                state, error, values = CANCELLED, None, {}
            final = {**self.FINAL_VALUES.get(state, {}), **values}
            self.write(state=state, error=error, finished_at=clock.now(), **final)
            self.notify()
        # Only after the commit: while the row offers a file, the file must exist.
        db.after_commit(self.delete_drafts if state == SUCCEEDED else self.delete_leftovers)

    def fail(self, reason: str, **values: object) -> None:
        """
        Finish the row as failed; *reason* is a sentence for the user.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self.finish(FAILED, error=reason, **values)

    def retry_or_fail(self, reason: str) -> None:
        """
        Requeue the row after a pause, or fail it when its attempts are used up; crashes are no attempts here.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        attempt = max(self.attempts - self.crash_count, 1)
        if attempt <= len(self.PAUSES):
            self._requeue(run_after=clock.now() + self.PAUSES[attempt - 1], error=reason)
        else:
            self.fail(reason)

    def release(self) -> None:
        """
        Requeue the row on a graceful stop, without counting the attempt.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self._requeue(attempts=max(self.attempts - 1, 0))

    def recover(self) -> None:
        """
        Requeue a running row whose consumer is gone, one crash more.

        Raises:
            ClaimLost: another process was faster.
        """
        self._requeue(crash_count=self.crash_count + 1)

    def _requeue(self, **values: object) -> None:
        with db.atomic():
            if self.cancel_asked:
                self.finish(CANCELLED)
            else:
                self.write(
                    **{
                        "state": QUEUED,
                        "consumer_id": None,
                        "thread": None,
                        "run_after": clock.now(),
                        **values,
                    }
                )
                self.notify()

    @property
    def complete(self) -> bool:
        return self.finished_at is not None

    @property
    def is_void(self) -> bool:
        """Whether nobody needs the work any more: the row is gone, failed or cancelled."""
        stored = type(self).get_or_none(type(self).id == self.id)
        return stored is None or stored.state in (FAILED, CANCELLED)

    def reload(self) -> None:
        """
        Read the row again: after a rollback this object still holds the values that were not stored.

        Raises:
            ClaimLost: it is not ours any more.
        """
        stored = self._running(self.id, self.consumer_id, self.attempts).first()
        if stored is None:
            raise ClaimLost(self.id)
        self.__data__.update(stored.__data__)

    @classmethod
    @prepared
    def _running(cls, item_id: str, consumer_id: str | None, attempts: int) -> "ModelSelect[Self]":
        theirs = (cls.consumer_id == consumer_id, cls.attempts == attempts)
        return cls.select().where(cls.id == item_id, cls.state == RUNNING, *theirs)

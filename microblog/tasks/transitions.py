"""The writes by which a row that stands for work leaves a state for the next, each guarded by its claim."""

from datetime import timedelta

from microblog.base import clock
from microblog.base.database import db
from microblog.base.i18n import N_
from microblog.tasks.exceptions import ClaimLost
from microblog.tasks.states import FAILED, MAILING, QUEUED, RUNNING, SUCCEEDED, WRITING

# The pauses between tries; the try after the last pause is the last one.
PAUSES = {
    WRITING: [timedelta(seconds=10), timedelta(seconds=20)],
    # All five tries to send a mail fit within an hour.
    MAILING: [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8), timedelta(minutes=20)],
}
LONGEST_PAUSE = max(pause for pauses in PAUSES.values() for pause in pauses)
MAX_CRASHES = 3
WORKER_STOPPED = N_("The background worker stopped three times while working on this.")


class Transitions:
    """What becomes of a claimed row: finished, failed, requeued, given back, recovered."""

    @property
    def tries(self):
        """How often this phase of the work was started, without the starts that a graceful stop gave back."""
        return self.mail_attempts if self.phase == MAILING else self.attempts

    def write(self, **values):
        """
        Update the row, provided that its claim is still ours.

        Raises:
            ClaimLost: it is not ours any more.
        """
        if not type(self).update(**values).where(*self._ours()).execute():
            raise ClaimLost(self.id)
        for name, value in values.items():
            setattr(self, name, value)

    def reload(self):
        """
        Read the row again: after a rollback this object still holds the values that were not stored.

        Raises:
            ClaimLost: it is not ours any more.
        """
        cls = type(self)
        mine = (cls.id == self.id, cls.state == RUNNING, cls.worker == self.worker)
        stored = cls.get_or_none(*mine, cls.attempts == self.attempts)
        if stored is None:
            raise ClaimLost(self.id)
        self.__data__.update(stored.__data__)

    def finish(self, state, **values):
        """
        Write the one final state.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            if state == SUCCEEDED:
                values.setdefault("error", None)
            self.write(state=state, finished_at=clock.now(), **values)
            self.announce()

    def requeue(self, pause=timedelta(), **values):
        """
        Requeue the row, to be claimed again after *pause*, a timedelta.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            self.write(state=QUEUED, worker=None, run_after=clock.now() + pause, **values)
            self.announce()

    def give_back(self):
        """
        Requeue the row on a graceful stop, without counting the try.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        tries = "mail_attempts" if self.phase == MAILING else "attempts"
        self.requeue(**{tries: max(self.tries - 1, 0)})

    def fail(self, reason, **values):
        """
        Finish the row as failed; *reason* is a sentence for the user.

        A row whose mail was sent has succeeded nevertheless: all that it lacks is its final state.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        if self.mailed_at:
            self.finish(SUCCEEDED, **values)
        else:
            self.finish(FAILED, error=reason, **values)

    def retry_or_fail(self, reason):
        """
        Requeue the row after a pause, or fail it when its tries are used up.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        pauses = PAUSES[self.phase]
        if not self.mailed_at and self.tries <= len(pauses):
            self.requeue(pauses[max(self.tries, 1) - 1], error=reason)
        else:
            self.fail(reason)

    def recover(self):
        """
        Recover a running row whose worker is gone: requeue it, or fail it if this is its third lost worker.

        Raises:
            ClaimLost: another process was faster.
        """
        if not self.mailed_at and self.crashes + 1 < MAX_CRASHES:
            self.requeue(crashes=self.crashes + 1)
        else:
            self.fail(WORKER_STOPPED)

    def announce(self):
        """Notify whoever watches the row that it changed; does nothing by default."""

    def _ours(self):
        cls = type(self)
        return (
            cls.id == self.id,
            cls.state == self.state,
            cls.worker == self.worker,
            cls.attempts == self.attempts,
            cls.mail_attempts == self.mail_attempts,
        )


def final(table, *columns):
    """SQL of a trigger that refuses changes to the outcome, *columns* included, of a finished row."""
    columns = ", ".join(("state", "error", "finished_at", *columns))
    return f"""
    CREATE TRIGGER IF NOT EXISTS {table}_final BEFORE UPDATE OF {columns} ON {table}
    WHEN OLD.finished_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a finished {table} is final'); END
    """

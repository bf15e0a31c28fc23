"""The file that a task makes for its user: written as a draft, offered for a while, withdrawn."""

from microblog.base import clock
from microblog.base.database import data_dir, db
from microblog.security import security_log
from microblog.tasks.states import MAILING, RUNNING


class HasFile:
    """What a task does about its file."""

    @classmethod
    def with_file(cls):
        """Tasks whose file is offered."""
        return cls.select().where(cls.file_expires_at.is_null(False))

    @classmethod
    def with_file_at_work(cls):
        """Tasks whose file is offered or being written."""
        return cls.select().where(cls.file_expires_at.is_null(False) | (cls.state == RUNNING))

    @classmethod
    def with_expired_file(cls):
        """Ended tasks whose file has been offered long enough."""
        return cls.with_file().where(cls.file_expires_at <= clock.now(), cls.finished_at.is_null(False))

    @property
    def file(self):
        """Path of the file; its owner can download it while ``file_expires_at`` is set."""
        return data_dir() / "exports" / f"{self.id}.json"

    @property
    def draft(self):
        """Path that this attempt writes to; each attempt has its own."""
        return self.file.with_suffix(f".{self.worker}-{self.attempts}.part")

    def offer(self, keep, **result):
        """
        Offer the file, which is now complete, to the user for *keep*, a timedelta.

        From here on the task can only succeed or be cancelled.
        """
        with db.atomic():
            self.write(file_expires_at=clock.now() + keep, result=result, phase=MAILING, progress=99)
            self.announce()

    def delete_file(self):
        """Delete the file at its owner's request; the task stays."""
        self.withdraw_file()
        security_log.record("export-deleted", self.user, task=self.id)

    def withdraw_file(self):
        """
        Delete the file, at its owner's request or because it expired; the task stays.

        A mail in the outbox, where there is no mail server, has the file attached and is deleted too.
        """
        cls = type(self)
        with db.atomic():
            cls.update(file_expires_at=None).where(cls.id == self.id).execute()
            self.dismiss()
        self.remove_traces()

    def remove_traces(self):
        self._remove("*")
        super().remove_traces()

    def remove_drafts(self):
        """Remove what this attempt or an earlier one began to write."""
        self._remove("*.part")

    def _remove(self, ending):
        for path in self.file.parent.glob(f"{self.id}.{ending}"):
            path.unlink(missing_ok=True)

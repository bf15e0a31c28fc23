"""A mail to be sent: its row, of which ``delivery`` renders the text, so that no secret is stored here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Self

from peewee import BooleanField, CharField, ColumnBase, ForeignKeyField, JSONField, ModelSelect

from microblog.base import clock
from microblog.base.database import UTCDateTimeField, db
from microblog.mail import outbox_files, retries, templates
from microblog.models import User
from microblog.security import security_log
from microblog.tasks.claims import crashed_index
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, SUCCEEDED, triggers
from microblog.tasks.task import Task
from microblog.tasks.work_item import WorkItem

URGENT = 10


class Mail(WorkItem):
    name = "send_mail"
    PAUSES = retries.PAUSES
    # The address may belong to somebody without an account: not ours to keep.
    FINAL_VALUES = MappingProxyType({CANCELLED: {"recipient": ""}})

    kind = CharField(32)
    recipient = CharField(254)
    user = ForeignKeyField(User, null=True, on_delete="CASCADE")
    user_id: int | None
    # What it is about; the mail goes with it.
    task = ForeignKeyField(Task, null=True, on_delete="CASCADE", backref="mails")
    task_id: str | None
    arguments = JSONField(default=dict)
    # When the end of its data was about to be sent: from then on it may have arrived.
    sending_at = UTCDateTimeField(null=True)
    # When a mail server accepted it; None of a mail in the outbox.
    sent_at = UTCDateTimeField(null=True)
    resent = BooleanField(default=False)
    thread = CharField(32, null=True)

    class Meta:
        indexes = ((("state", "run_after"), False), (("kind", "recipient"), False))

    @classmethod
    def send(
        cls,
        kind: str,
        recipient: str,
        user: User | None = None,
        task: Task | None = None,
        priority: int = URGENT,
        **arguments: object,
    ) -> Self:
        """
        Record a mail of *kind*, then enqueue it; return the row. *arguments* must hold no secret.

        Raises:
            CredentialsChanged: it holds a link, and an act has revoked what *user* was checked by.
        """
        if user and user.confirmed_at is None:
            arguments[templates.TO_UNCONFIRMED] = True
        with user.as_checked() if user and kind in templates.links else db.atomic():
            mail = cls.create(
                kind=kind, recipient=recipient, user=user, task=task, priority=priority, arguments=arguments
            )
            mail.notify()
            db.after_commit(lambda: huey.enqueue_item(mail))
        return mail

    @classmethod
    def send_once(
        cls, kind: str, recipients: Iterable[str], span: timedelta, key: str, **arguments: Any
    ) -> None:
        """
        Send a mail to each of *recipients*, unless one of *kind* and *key* was recorded lately.

        *span* is a timedelta.
        """
        lately = (cls.kind == kind, cls.created_at > clock.now() - span, cls.arguments["key"] == key)
        # One transaction: of several processes at once, the first one writes and the others see it.
        with db.atomic():
            if not cls.select().where(*lately).exists():
                for recipient in recipients:
                    cls.send(kind, recipient, key=key, **arguments)

    @classmethod
    def addressed_to(cls, user: User) -> "ModelSelect[Self]":
        """Mails to *user*, including those requested by address, before its owner was looked up."""
        return cls.select().where(cls._concerns(user))

    @classmethod
    def delete_addressed_to(cls, user: User) -> None:
        cls.delete().where(cls._concerns(user)).execute()

    @classmethod
    def adopt_addressed_to(cls, user: User) -> None:
        """Give *user* the mails requested by their address, which they are about to leave."""
        cls.update(user=user).where(cls.recipient == user.email_key, cls.user.is_null()).execute()

    @classmethod
    def end_links(cls, user: User) -> None:
        """End what waits to bring *user* a link, or is about to: nobody will get one."""
        address = User.select(User.email_key).where(User.id == user.id)
        theirs = (cls.user == user) | (cls.user.is_null() & (cls.recipient == address))
        waiting = (cls.kind.in_(templates.links), cls.finished_at.is_null())
        for mail in list(cls.select().where(*waiting, theirs)):
            mail.finish(CANCELLED)

    @contextmanager
    def unended(self) -> Iterator[None]:
        """
        A transaction for the link in the mail: it is not recorded once an act has ended the mail.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        with db.atomic():
            self.reload()
            yield

    @classmethod
    def _concerns(cls, user: User) -> ColumnBase:
        return (cls.user == user) | (cls.recipient == user.email_key)

    def asked_before(self, span: timedelta) -> int:
        """How many mails of this kind were requested for its recipient in *span*, a timedelta, before it."""
        return (
            Mail.select()
            .where(
                Mail.kind == self.kind,
                # In whatever case: it is the same mailbox.
                Mail.recipient.collate("NOCASE") == self.recipient,
                Mail.created_at.between(self.created_at - span, self.created_at),
                Mail.id != self.id,
            )
            .count()
        )

    def withdraw(self) -> None:
        """End the mail unless it has ended, and delete what lies of it in the outbox."""
        with db.atomic():
            fresh = Mail.get_by_id(self.id)
            if fresh.complete:
                db.after_commit(fresh.delete_files)
            else:
                fresh.finish(CANCELLED)

    @property
    def may_have_left(self) -> bool:
        """Whether it ended otherwise when a mail server might have accepted it already."""
        ended_otherwise = self.complete and self.state != SUCCEEDED
        return ended_otherwise and (self.sending_at is not None or self.resent)

    @property
    def error_tells_all(self) -> bool:
        """Whether the error of a mail that may have left says so itself."""
        return self.error == retries.UNCERTAIN_TWICE

    @property
    def is_in_outbox(self) -> bool:
        return self.state == SUCCEEDED and self.sent_at is None and outbox_files.path_of(self.id).exists()

    @property
    def owner(self) -> User | None:
        """The user whom it is for; None when nobody has that address."""
        return self.user or User.with_email(self.recipient)

    @property
    def opens_administration(self) -> bool:
        """Whether whoever reads it could become an administrator: then no page shows it."""
        return bool(self.kind in templates.links and (owner := self.owner) and owner.is_admin)

    @classmethod
    def record_reading(cls, mail_id: str, by: str) -> None:
        """Note in the security log that the user or operator *by* has read a mail of the outbox."""
        mail = cls.get_or_none(cls.id == mail_id)
        facts = {"kind": mail.kind} if mail else {}
        security_log.record("mail-read", mail and mail.owner, by=by, mail=mail_id, **facts)

    def summary(self) -> dict[str, object]:
        """What the API, notifications and cards tell of it."""
        sent_at = self.sent_at and f"{self.sent_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        return {"state": self.state, "error": self.error, "sent_at": sent_at}

    def notify(self) -> None:
        """Notify the pages that show the task that it is about, unless its card was dismissed."""
        if self.task_id and (task := Task.get_or_none(Task.id == self.task_id, Task.dismissed_at.is_null())):
            task.notify()

    def delete_drafts(self) -> None:
        """Nothing is left of what was begun: the outbox holds whole files only."""

    def delete_files(self) -> None:
        """Delete the mail in the outbox."""
        outbox_files.delete(self.id)

    def delete_leftovers(self) -> None:
        self.delete_files()


Mail.add_index(crashed_index(Mail))

TRIGGERS = triggers("mail", "sent_at")

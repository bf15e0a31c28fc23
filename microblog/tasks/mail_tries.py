"""The tries to send a row's mail, counted separately from the attempts at its other work."""

from microblog.base import clock
from microblog.base.database import data_dir, db
from microblog.base.i18n import N_
from microblog.tasks.exceptions import JobFailed, RetryLater
from microblog.tasks.states import MAILING

MAIL_UNCERTAIN = N_("The connection was lost twice after the mail had left; it may have arrived.")


class MailDelayed(RetryLater):
    """The mail could not be sent now; *uncertain*: it may have been accepted nevertheless."""

    def __init__(self, reason, uncertain=False):
        super().__init__(reason)
        self.uncertain = uncertain


class MailRefused(JobFailed):
    """The mail will not be accepted, or must not be sent again."""

    uncertain = False


class HasMail:
    """What a claimable row does about its mail."""

    def begin_mail(self):
        """
        Begin a try to send the mail.

        Raises:
            MailRefused: two tries ended uncertainly; another could deliver a third copy.
            ClaimLost: the row is not ours any more.
        """
        uncertain = self.mailing_at is not None
        if uncertain and self.mail_resent:
            raise MailRefused(MAIL_UNCERTAIN)
        with db.atomic():
            self.write(
                phase=MAILING,
                # Already counted by the claim, unless the mail follows the writing within the same claim.
                mail_attempts=max(self.mail_attempts, 1),
                mailing_at=None,
                mail_resent=uncertain or self.mail_resent,
            )
            self.announce()

    def mark_mailing(self):
        """
        Record that the mail is about to leave, so that a crash before its acceptance is committed shows.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self.write(mailing_at=clock.now())

    @property
    def mail_left(self):
        """Whether the mail was sent and cannot be taken back; one in the outbox can."""
        return self.mailed_at is not None and not self.letter.exists()

    @property
    def letter(self):
        """Path of the mail in the outbox, where it goes if there is no mail server."""
        return data_dir() / "outbox" / f"{self.id}.eml"

    def remove_traces(self):
        """Delete the files of this row, complete or partial."""
        for path in self.letter.parent.glob(f"{self.id}.*"):
            path.unlink(missing_ok=True)

"""The tries to send the mail that a row stands for or ends with, counted apart from its attempts."""

from microblog import clock
from microblog.database import data_dir
from microblog.i18n import N_
from microblog.models.outcomes import JobFailed, RetryLater
from microblog.models.states import MAILING

MAIL_UNCERTAIN = N_("The connection was lost twice after the mail had left; it may have arrived.")


class MailDelayed(RetryLater):
    """The mail could not be sent now; *uncertain*: nor is it known that it was not."""

    def __init__(self, reason, uncertain=False):
        super().__init__(reason)
        self.uncertain = uncertain


class MailRefused(JobFailed):
    """The mail will not be accepted, or not be sent once more."""

    uncertain = False


class HasMail:
    """What a claimable row does about its mail."""

    def begin_mail(self):
        """
        Begin a try to send the mail.

        Raises:
            MailRefused: two tries ended uncertainly; a third might be a third copy.
            ClaimLost: the row is not ours any more.
        """
        uncertain = self.mailing_at is not None
        if uncertain and self.mail_resent:
            raise MailRefused(MAIL_UNCERTAIN)
        self.write(
            phase=MAILING,
            # Counted at the claim already, unless the mail follows the writing in one go.
            mail_attempts=max(self.mail_attempts, 1),
            mailing_at=None,
            mail_resent=uncertain or self.mail_resent,
        )
        self.announce()

    def mark_mailing(self):
        """
        Note that the mail is about to leave: a death before its acceptance is committed then shows.

        Raises:
            ClaimLost: the row is not ours any more.
        """
        self.write(mailing_at=clock.now())

    @property
    def mail_left(self):
        """Whether the mail is beyond recall; one that lies in the outbox is not."""
        return self.mailed_at is not None and not self.letter.exists()

    @property
    def letter(self):
        """Where the mail lies when there is no mail server."""
        return data_dir() / "outbox" / f"{self.id}.eml"

    def remove_traces(self):
        """Remove what lies in files for this row, whole or begun."""
        for path in self.letter.parent.glob(f"{self.id}.*"):
            path.unlink(missing_ok=True)

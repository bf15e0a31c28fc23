"""Why a mail was not sent, as the mail server's answer tells."""

from microblog.tasks.exceptions import Cancelled, JobFailed, RetryLater


class MailDelayed(RetryLater):
    """The mail could not be sent now; *uncertain*: it may have been accepted nevertheless."""

    def __init__(self, reason: str, uncertain: bool = False):
        super().__init__(reason)
        self.uncertain = uncertain


class MailRefused(JobFailed):
    """The mail will not be accepted, or must not be sent again."""

    uncertain = False


class TooBig(MailRefused):
    """The server takes no mail of this size."""


class Unneeded(Cancelled):
    """The mail concerns nobody, or its recipient has it already."""

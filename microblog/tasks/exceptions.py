"""What a job raises when it does not simply return, and what a claim, launch or retry is refused for."""


class MustWait(Exception):
    """The row is due, but may not start beside what else runs."""


class ClaimLost(Exception):
    """The row was taken away from this consumer, ended by someone else, or is gone: stop quietly."""


class Cancelled(Exception):
    """The user asked the work to stop, or nobody needs it any more."""


class JobFailed(Exception):
    """The work cannot be done and retrying will not help; the message is for the user."""


class RetryLater(Exception):
    """The work cannot be done now, but perhaps after a pause; the message is for the user."""


class TaskInProgress(Exception):
    """The user has an unfinished task of this kind."""


class NothingToRetry(Exception):
    """The task has not ended, or has succeeded: only what failed or was cancelled is done again."""


class UnknownJob(Exception):
    """This version of the site has no job of the task's name."""

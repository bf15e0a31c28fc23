"""What a job raises when it does not simply return; the worker turns it into the row's next state."""


class ClaimLost(Exception):
    """The row was taken away from this worker, ended by someone else, or is gone: stop quietly."""


class Cancelled(Exception):
    """The user asked the work to stop, or nobody needs it any more."""


class JobFailed(Exception):
    """The work cannot be done and retrying will not help; the message is for the user."""


class RetryLater(Exception):
    """The work cannot be done now, but perhaps after a pause; the message is for the user."""

"""How a job says that it does not simply return; a worker turns what it raises into the row's next state."""


class ClaimLost(Exception):
    """The row was taken away from this worker, ended by someone else, or is gone: stop quietly."""


class Cancelled(Exception):
    """The user asked the work to stop, or nobody needs it any more."""


class JobFailed(Exception):
    """It cannot be done and trying again will not mend it; the message is for the user."""


class RetryLater(Exception):
    """It cannot be done now, but perhaps after a pause; the message is for the user."""

"""Jobs and mails that misbehave, registered only in the tests and their consumer."""

import os
import threading

from microblog.mail.templates import mail_kind
from microblog.tasks.exceptions import JobFailed
from microblog.tasks.worker import job

ABORTING_MAIL = "aborts"


@job()
def abort(_task):
    """Crash the whole consumer, as a bug in a C library would."""
    os.abort()


@mail_kind(ABORTING_MAIL)
def abort_while_mailing(_mail):
    """The same while a mail is made."""
    os.abort()


@job()
def fail_halfway(task):
    """Do a part of the work, then give up."""
    task.advance(3, 7)
    raise JobFailed("Something is missing.")


@job()
def hang(_task):
    """Never return."""
    threading.Event().wait()

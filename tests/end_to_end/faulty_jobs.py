"""Jobs that misbehave, registered only in the tests and their consumer."""

import os
import threading

from microblog.tasks.worker import job


@job()
def abort(_task):
    """Crash the whole consumer, as a bug in a C library would."""
    os.abort()


@job()
def abort_while_mailing(task):
    """The same once the file is offered."""
    task.begin_mail()
    os.abort()


@job()
def hang(_task):
    """Never return."""
    threading.Event().wait()

"""Jobs that misbehave, known to the tests and to their consumer only."""

import os
import threading

from microblog.lifecycle import job


@job()
def abort(_task):
    """Take the whole consumer down, as a fault in a library of C would."""
    os.abort()


@job()
def abort_while_mailing(task):
    """The same when the file is there already."""
    task.begin_mail()
    os.abort()


@job()
def hang(_task):
    """Never come back."""
    threading.Event().wait()

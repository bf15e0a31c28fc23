"""The real consumer with shorter waits, so that what usually takes minutes takes seconds."""

import os
import signal
import threading
from datetime import timedelta
from functools import wraps
from pkgutil import resolve_name

from consumer import huey
from microblog.exports.archive import snapshot
from microblog.mail import smtp
from microblog.mail.mail import Mail
from microblog.tasks import queue
from tests.end_to_end import faulty_jobs


def die(*_, **__):
    """Kill this process as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang(*_, **__):
    """Never return."""
    threading.Event().wait()


def then_die(function):
    @wraps(function)
    def call(*args, **kwargs):
        function(*args, **kwargs)
        die()

    return call


def replace(path, replaced):
    """Put what *replaced* makes of it in the place of the function that *path* names."""
    place, _, name = path.rpartition(".")
    owner = resolve_name(place)
    setattr(owner, name, replaced(getattr(owner, name)))


# Shorter only for tests of the timeout itself: a busy machine may take a second to answer.
smtp.TIMEOUT_S = float(os.environ.get("SMTP_TIMEOUT_S", smtp.TIMEOUT_S))
Mail.PAUSES = (timedelta(seconds=float(os.environ.get("MAIL_PAUSE_S", 0.2))),) * 4
queue.HOUSEKEEPING_EVERY_S = 0.2
snapshot.PAGE = int(os.environ.get("PAGE", snapshot.PAGE))
# Each names a function: where the consumer is killed instead of calling it, or after it; where it hangs.
if path := os.environ.get("DIES_AT"):
    replace(path, lambda _: die)
if path := os.environ.get("DIES_AFTER"):
    replace(path, then_die)
if path := os.environ.get("HANGS_AT"):
    replace(path, lambda _: hang)
if os.environ.get("WITHOUT_RECONCILER"):
    # Without the nightly work as well: each job that ends enqueues what is due.
    huey.housekeeping.clear()

__all__ = ["faulty_jobs", "huey"]

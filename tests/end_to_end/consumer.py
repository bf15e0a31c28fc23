"""The real consumer with shorter waits, so that what usually takes minutes takes seconds."""

import os
import signal
import threading
from datetime import timedelta

from consumer import huey
from microblog.exports import archive
from microblog.mail import smtp
from microblog.ops import nightly
from microblog.tasks import transitions
from microblog.tasks.states import MAILING
from microblog.tasks.task import Task
from tests.end_to_end import faulty_jobs

# Shorter only for tests of the timeout itself: a busy machine may take a second to answer.
smtp.TIMEOUT_S = float(os.environ.get("SMTP_TIMEOUT_S", smtp.TIMEOUT_S))
transitions.PAUSES[MAILING][:] = [timedelta(seconds=0.2)] * 4
huey.reconcile_every_s = 0.2
archive.PAGE = int(os.environ.get("PAGE", archive.PAGE))
# The name of a method of the row: the consumer is killed where it calls it.
if step := os.environ.get("DIES_AT"):
    setattr(Task, step, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
if os.environ.get("ENDLESS_NIGHT"):
    nightly.CHORES[:] = [threading.Event().wait]
if os.environ.get("WITHOUT_RECONCILER"):
    huey.reconcile = lambda: None

__all__ = ["faulty_jobs", "huey"]

"""The real consumer with shorter waits, so that what takes minutes in life takes seconds here."""

import os
from datetime import timedelta

from consumer import huey
from microblog import smtp
from microblog.models import mail_tries
from microblog.reconciler import reconcile
from tests.end_to_end import faulty_jobs

smtp.TIMEOUT_S = 1
mail_tries.MAIL_DELAYS[:] = [timedelta(seconds=0.2)] * 4
for chore in huey._chores:
    chore.interval_s = 0.2
if os.environ.get("WITHOUT_RECONCILER"):
    huey._chores[:] = [chore for chore in huey._chores if chore.function is not reconcile]

__all__ = ["faulty_jobs", "huey"]

"""What the consumers of ``tasks.py`` load: a site with a job that does nothing, and the same in bare Huey."""

import time

from huey import PriorityRedisHuey

from consumer import app, huey
from microblog.tasks.worker import job

bare = PriorityRedisHuey("bare", results=False, url=app.config["SETTINGS"].queue_url)
STAMPS = "benchmark.stamps"


@job()
def noop(_task):
    """Do nothing, as a task of somebody."""


@bare.task()
def bare_noop():
    """Do nothing, as a message that is lost with its worker."""


@bare.task()
def stamp():
    """Tell when a worker of bare Huey got here."""
    bare.storage.conn.rpush(STAMPS, time.time())


__all__ = ["bare", "huey"]

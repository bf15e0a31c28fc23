"""Health checks, for monitoring and for the supervisor."""

from datetime import timedelta

from flask import Blueprint, request
from peewee import PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from microblog.base import clock
from microblog.base.database import connected
from microblog.tasks import hold
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from microblog.web.proxies import address_of

bp = Blueprint("health", __name__)


@bp.get("/livez")
def live():
    """200 whenever the web server answers, whatever else is down."""
    return {"status": "ok"}


@bp.get("/readyz")
def ready():
    """
    200 if database, queue and a worker are available, else 503; lists each part by name.

    How much waits is told on this machine only: to strangers it would tell how busy people are.
    """
    backlog, messages = _backlog(), huey.count_messages()
    parts = {
        "database": bool(backlog),
        "queue": messages is not None and huey.takes_messages,
        "worker": bool(huey.lock.living()),
    }
    good = all(parts.values())
    body = {"status": "ok" if good else "not ready", **parts}
    if _asked_from_this_machine():
        body |= {"held": True} if hold.since() else {}
        body |= backlog if messages is None else {**backlog, "messages": messages}
    return body, 200 if good else 503


def _asked_from_this_machine():
    address = address_of(request.remote_addr or "")
    return address is not None and address.is_loopback


def _backlog():
    """Number of due tasks and age of the oldest in seconds; empty if the database does not answer."""
    try:
        with connected():
            oldest, waiting = Task.due().first(), Task.due().count()
    except (PeeweeException, MaxConnectionsExceeded):
        return {}
    age = clock.now() - oldest.run_after if oldest else timedelta()
    return {"waiting": waiting, "oldest_waiting_s": round(age.total_seconds(), 1)}

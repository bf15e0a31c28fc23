"""Everything that the pages about tasks can show at once: what runs, waits, hangs, failed and was done."""

from datetime import timedelta
from urllib.parse import quote

from microblog.base import clock
from microblog.mail.mail import Mail
from microblog.models import User
from microblog.ops import nightly
from microblog.tasks.attempt import Attempt
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from microblog.tasks.worker import BROKEN, BUSY

TRACE = f"Traceback (most recent call last):\n  File {'/srv/microblog' * 9!r}\nZeroDivisionError"
DAMAGED = f"CannotRestore: the backup is damaged: {'/var/lib/microblog/backups/' * 6}"


def put_work():
    """Write rows in every state; returns the paths of the pages that show them."""
    Task.delete().execute()
    susan, john, noor, lilei = (User.named(name) for name in ("susan", "john", "noor", "lilei"))
    running = {"state": "running", "consumer_id": huey.consumer_id}
    _put(john, 4, **running, thread="Worker-1", advanced_at=_ago(3), done=40, total=100, progress=40)
    _put(lilei, 2, **running | {"consumer_id": "0123456789abcdef"}, thread="Worker-1")
    Mail.create(
        kind="export_posts", recipient="", user=noor, started_at=_ago(0), thread="Worker-2", **running
    )
    Mail.create(kind="reset_password", recipient="")
    _put(noor, 2)
    paused = _put(susan, 3, attempts=1, run_after=_ago(-1), error=BUSY)
    Task.create(name="example", description="Counting seconds...", crash_count=1)
    failed = [
        _ended(john, hours, "failed", error=BUSY if hours else BROKEN, trace=TRACE) for hours in range(3)
    ]
    for hours in range(23):
        _ended(noor, hours, "succeeded", progress=100)
    _put_night()
    for ending, error in (("crashed", None), ("retried", BUSY), ("released", None), ("failed", BROKEN)):
        times = {"started_at": _ago(9), "ended_at": _ago(8)}
        worker = {"consumer_id": huey.consumer_id, "thread": "Worker-1"}
        Attempt.create(task=failed[0], ending=ending, error=error, **times, **worker)
    pages = ("", "/all?state=failed", "/figures", "/nightly", f"/{failed[0].id}", f"/{paused.id}")
    return [
        *(f"/admin/tasks{page}" for page in pages),
        f"/admin/tasks/failures?kind=export_posts&reason={quote(BUSY)}",
    ]


def _put_night():
    done = {"ended_at": _ago(300).isoformat(), "seconds": 0.4, "error": None}
    result = {chore.__name__: done for chore in nightly.CHORES}
    result["back_up"] = done | {"made": "nightly-2026-11-28-030000-000000.tar.gz"}
    result["rehearse_newest"] = done | {"error": DAMAGED}
    _ended(None, 5, "succeeded", progress=100, result=result, name="nightly", description="Nightly work")


def _ended(user, hours, state, **values):
    return _put(user, 60 * hours + 9, state=state, finished_at=_ago(60 * hours + 8), **values)


def _put(user, minutes, **values):
    values = {"name": "export_posts", "description": "Exporting posts..."} | values
    started_at = _ago(minutes) if values.get("state") else None
    return Task.create(user=user, created_at=_ago(minutes), started_at=started_at, **values)


def _ago(minutes):
    return clock.now() - timedelta(minutes=minutes)

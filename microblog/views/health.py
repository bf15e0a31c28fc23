"""Whether the site lives, for monitors and for the script that starts it."""

from datetime import timedelta

from flask import Blueprint, jsonify
from peewee import PeeweeException

from microblog import clock
from microblog.models import Task, User
from microblog.queue import huey

bp = Blueprint("health", __name__)


@bp.get("/livez")
def live():
    """The web server answers, whatever else does."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready():
    """200 when database, queue and a worker are there, else 503; each part by name."""
    parts = {"database": _database_answers(), "queue": huey.answers(), "worker": bool(huey.worker.living())}
    good = all(parts.values())
    body = {"status": "ok" if good else "not ready", **parts}
    if parts["database"]:
        body |= _backlog()
    if parts["queue"]:
        body["envelopes"] = huey.pending_count()
    return jsonify(body), 200 if good else 503


def _backlog():
    oldest = Task.due().first()
    age = clock.now() - oldest.run_after if oldest else timedelta()
    return {"waiting": Task.due().count(), "oldest_waiting_s": round(age.total_seconds(), 1)}


def _database_answers():
    try:
        User.exists()
    except PeeweeException:
        return False
    return True

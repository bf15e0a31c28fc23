"""Figures for Prometheus, in its text format, for whoever holds METRICS_TOKEN; nobody else sees the page."""

import hmac
from itertools import accumulate

from flask import Blueprint, Response, abort, current_app, request

from microblog.base import clock
from microblog.mail.mail import Mail
from microblog.tasks import figures, hold
from microblog.tasks.queue import huey
from microblog.tasks.states import STATES
from microblog.tasks.task import Task
from microblog.web import request_times

bp = Blueprint("metrics", __name__)
UP_TO = f"counted up to {figures.COUNTED}"


@bp.get("/metrics")
def index():
    """404 without METRICS_TOKEN, and for whoever does not send it as ``Authorization: Bearer …``."""
    token = current_app.config["METRICS_TOKEN"]
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(sent.encode(), token.encode()):
        abort(404)
    lines = [line for family in (*_work(), _request_times()) for line in family]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _work():
    due = [kind.due() for kind in (Task, Mail)]
    oldest = [item.run_after for query in due if (item := query.first())]
    age = max([(clock.now() - min(oldest)).total_seconds(), 0]) if oldest else 0
    yield _gauge("waiting", "Rows that are due", [("", sum(query.count() for query in due))])
    yield _gauge("oldest_waiting_seconds", "For how long the oldest of them has been due", [("", age)])
    yield _gauge("queue_messages", "Messages in the queue", [("", _messages())])
    yield _gauge("workers", "Background workers alive", [("", len(huey.lock.living()))])
    yield _gauge("work_held", "Whether new work is held", [("", int(hold.since() is not None))])
    tasks = [(_labels(kind=kind, state=state), count) for kind, state, count in figures.counts()]
    yield _gauge("tasks", f"Tasks of the last 90 days, {UP_TO}", tasks)
    mails = [
        (state, Mail.select().where(Mail.state == state).limit(figures.COUNTED).count()) for state in STATES
    ]
    yield _gauge(
        "mails",
        f"Mails of the last 90 days, {UP_TO}",
        [(_labels(state=state), count) for state, count in mails if count],
    )


def _messages():
    count = huey.count_messages()
    return "NaN" if count is None else count


def _gauge(name, told, samples):
    values = [f"microblog_{name}{labels} {value}" for labels, value in samples]
    return [f"# HELP microblog_{name} {told}.", f"# TYPE microblog_{name} gauge", *values]


def _request_times():
    name = "microblog_request_seconds"
    totals = request_times.totals()
    numbers = list(accumulate(number for number, _seconds in totals))
    ends = [*map(str, request_times.BUCKETS_S), "+Inf"]
    yield f"# HELP {name} How long requests took."
    yield f"# TYPE {name} histogram"
    yield from (f'{name}_bucket{{le="{end}"}} {number}' for end, number in zip(ends, numbers, strict=True))
    yield f"{name}_sum {sum(seconds for _number, seconds in totals)}"
    yield f"{name}_count {numbers[-1]}"


def _labels(**values):
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items()) + "}"


def _escaped(text):
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

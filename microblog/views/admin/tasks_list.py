"""The administrator's list of tasks, by state, kind, person and time: its filter is in the address."""

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, current_app, render_template, request
from flask_babel import get_timezone

from microblog.base.text import clean
from microblog.models import User
from microblog.tasks.jobs import jobs
from microblog.tasks.states import STATES
from microblog.tasks.task import Task
from microblog.tasks.task_filter import TaskFilter
from microblog.web.pagination import Page

bp = Blueprint("admin_tasks_list", __name__, url_prefix="/admin/tasks/all")


@bp.get("")
def index():
    """A page of tasks; ``before`` and ``after`` are ids of tasks."""
    person = clean(request.args.get("person", ""))
    user = User.named(person) if person else None
    page = Page([], None, None) if person and user is None else _page(_filter(user))
    kinds = sorted(name for name, job in jobs.items() if job.model is Task)
    return render_template(
        "admin_tasks_list/index.html", page=page, states=STATES, kinds=kinds, person=person
    )


def _filter(user):
    state, kind = request.args.get("state"), request.args.get("kind")
    since, until = _day("since"), _day("until")
    return TaskFilter(
        state=state if state in STATES else None,
        kind=clean(kind) if kind else None,
        user=user,
        since=since and _midnight(since),
        until=until and _midnight(until + timedelta(days=1)),
    )


def _day(name):
    """The date in the query parameter *name*; None if there is no valid one."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    # The first and last ones have no midnight in every time zone.
    return day if date.min.year < day.year < date.max.year else None


def _midnight(day):
    return datetime.combine(day, time(), tzinfo=get_timezone()).astimezone(UTC)


def _page(tasks):
    size = current_app.config["POSTS_PER_PAGE"]
    before, after = _task("before"), _task("after")
    if after is not None and before is None:
        rows = tasks.oldest(size + 1, after)
        items = rows[-size:]
        newer = items[0].id if len(rows) > size else None
        return Page(items, items[-1].id if items else None, newer)
    rows = tasks.newest(size + 1, before)
    items = rows[:size]
    newer = items[0].id if items and before is not None else None
    return Page(items, items[-1].id if len(rows) > size else None, newer)


def _task(name):
    """The task that the query parameter *name* names; None if there is none, perhaps not any more."""
    task_id = request.args.get(name)
    return Task.get_or_none(Task.id == task_id) if task_id else None

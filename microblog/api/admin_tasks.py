"""Everybody's tasks, for administrators."""

from datetime import UTC, datetime
from functools import partial

from flask import abort, g, request, url_for

from microblog.api.admin_schemas import dump_admin_task, dump_whole_task
from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.paging import limit, newest_rows_first
from microblog.api.schemas import MOMENT, TASK_ID, TEXT
from microblog.base.text import clean
from microblog.models import User
from microblog.tasks import activity
from microblog.tasks.states import STATES
from microblog.tasks.task import Task
from microblog.tasks.task_filter import TaskFilter
from microblog.web.problem import problem

# Moments are those at which a task was asked for.
FILTERS = {"state": {"enum": list(STATES)}, "kind": TEXT, "user": TEXT, "since": MOMENT, "until": MOMENT}


@operation(
    "GET",
    "/admin/tasks",
    "Everybody's tasks, newest first: of a `state`, a `kind`, a `user`, or asked for in a span",
    response="AdminTask",
    paged=NEWEST_FIRST,
    cursor=TASK_ID,
    filters=FILTERS,
)
def index():
    most = limit()
    rows = _filter().newest(most + 1, _place("max_id"), _place("since_id"))
    return newest_rows_first(rows, partial(dump_admin_task, workers=activity.now()), most, filters=FILTERS)


@operation(
    "GET", "/admin/tasks/{task_id}", "All that is known of a task, with each attempt", response="WholeTask"
)
def show(task_id):
    return dump_whole_task(_task(task_id), activity.now())


@operation(
    "POST",
    "/admin/tasks/{task_id}/cancel",
    "End somebody's task: at once, or within its next step",
    response="WholeTask",
)
def cancel(task_id):
    _task(task_id).cancel(by=g.caller.username)
    return show(task_id)


@operation(
    "POST",
    "/admin/tasks/{task_id}/retry",
    "Do again for its user what an ended task was about, as a new task",
    response="WholeTask",
    status=202,
    located=True,
    problems=(409,),
)
def retry(task_id):
    return launched(_task(task_id).launch_again(by=g.caller.username))


def launched(task):
    """The response of whatever has launched *task*."""
    return show(task.id), 202, {"Location": url_for("api.admin_tasks_show", task_id=task.id)}


def _filter():
    state = request.args.get("state")
    if state not in (None, *STATES):
        abort(problem(400, f"state must be one of {', '.join(STATES)}."))
    kind = request.args.get("kind")
    return TaskFilter(state, kind and clean(kind), _user(), _moment("since"), _moment("until"))


def _user():
    name = request.args.get("user")
    if name is None:
        return None
    return User.named(clean(name).removeprefix("@")) or abort(problem(400, "There is no such user."))


def _moment(name):
    """The moment in the query parameter *name*, None if that is missing; 400 if it is none."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        abort(problem(400, f"{name} must be a moment, such as 2026-11-28T09:00:00Z."))


def _place(name):
    """The task whose id is in the query parameter *name*, None if that is missing; 400 if there is none."""
    task_id = request.args.get(name)
    if task_id is None:
        return None
    return Task.get_or_none(Task.id == task_id) or abort(problem(400, f"{name} must be the id of a task."))


def _task(task_id):
    return Task.get_or_none(Task.id == task_id) or abort(problem(404, "There is no such task."))

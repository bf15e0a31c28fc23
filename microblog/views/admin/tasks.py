"""The administrator's page of tasks: waiting, running, failed and finished ones, and the workers."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.base import clock
from microblog.mail.mail import Mail
from microblog.ops import nightly_runs
from microblog.tasks import activity, failures, hold
from microblog.tasks.attempt import Attempt
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, SUCCEEDED
from microblog.tasks.task import Task

bp = Blueprint("admin_tasks", __name__, url_prefix="/admin/tasks")
MOST = 10
MOST_FAILURES = 20
GROUPS = {"waiting": [QUEUED], "failed": [FAILED], "finished": [SUCCEEDED, CANCELLED]}


@bp.get("")
def index():
    return render_template(
        "admin_tasks/index.html",
        groups={name: Task.newest(MOST, *states) for name, states in GROUPS.items()},
        held_at=hold.since(),
        failures=failures.groups(MOST_FAILURES),
        waiting=Task.queued().count(),
        mails_waiting=Mail.queued().count(),
        nightly=nightly_runs.last(),
        workers=activity.now(),
        now=clock.now(),
    )


@bp.get("/<uuid:task_id>")
def show(task_id):
    """All that is known of one task."""
    task = _task(task_id)
    return render_template(
        "admin_tasks/show.html", task=task, attempts=list(Attempt.of(task)), workers=activity.now()
    )


@bp.post("/<uuid:task_id>/retry")
def retry(task_id):
    """Launch a new task for the same user."""
    try:
        _task(task_id).launch_again(by=current_user.username)
    except TaskInProgress:
        flash(_("The user has another task of this kind under way. Cancel it first, or wait for its end."))
    return redirect(url_for("admin_tasks.index"))


@bp.post("/<uuid:task_id>/cancel")
def cancel(task_id):
    _task(task_id).cancel(by=current_user.username)
    return redirect(url_for("admin_tasks.index"))


def _task(task_id):
    return Task.get_or_none(Task.id == str(task_id)) or abort(404)

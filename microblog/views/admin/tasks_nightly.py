"""The administrator's page of nightly work: each chore's last run, and *Run now*."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from microblog.ops import nightly, nightly_runs
from microblog.tasks.exceptions import TaskInProgress

bp = Blueprint("admin_tasks_nightly", __name__, url_prefix="/admin/tasks/nightly")


@bp.get("")
def index():
    tasks = nightly_runs.newest()
    return render_template(
        "admin_tasks_nightly/index.html",
        tasks=tasks,
        night=nightly_runs.last(),
        runs=nightly_runs.last_runs(tasks),
        next_at=nightly_runs.next_at(tasks),
    )


@bp.post("")
def create():
    """Run it now."""
    try:
        nightly.launch_now(by=current_user.username)
    except TaskInProgress:
        flash(_("It is under way already."))
    return redirect(url_for("admin_tasks_nightly.index"))

"""The administrator's page of one group of failures, which asks before all are tried again or discarded."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from flask_login import current_user

from microblog.base.text import clean
from microblog.tasks import failures

bp = Blueprint("admin_tasks_failures", __name__, url_prefix="/admin/tasks/failures")
SHOWN = 10


@bp.get("")
def show():
    """The failures of the job ``kind`` for the reason ``reason``."""
    kind, reason = _group(request.args)
    found = failures.of(kind, reason)
    newest = list(found.limit(SHOWN)) or abort(404)
    return render_template(
        "admin_tasks_failures/show.html", kind=kind, reason=reason, newest=newest, count=found.count()
    )


@bp.post("/retry")
def retry():
    count = failures.try_again(*_group(request.form), by=current_user.username)
    return _done(ngettext("%(num)d task is tried again.", "%(num)d tasks are tried again.", count))


@bp.post("/discard")
def discard():
    count = failures.discard(*_group(request.form), by=current_user.username)
    return _done(ngettext("%(num)d failure is discarded.", "%(num)d failures are discarded.", count))


def _done(message):
    flash(message)
    left = failures.of(*_group(request.form)).count()
    if left:
        flash(ngettext("%(num)d is left.", "%(num)d are left.", left))
    return redirect(url_for("admin_tasks.index"))


def _group(values):
    return clean(values.get("kind", "")), clean(values.get("reason", ""))

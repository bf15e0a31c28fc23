"""Requesting an export of the user's own posts."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user, login_required

from microblog.i18n import N_
from microblog.jobs import export_posts
from microblog.models.task import Task, TaskInProgress
from microblog.security import rate_limits, security_log

bp = Blueprint("exports", __name__)


@bp.get("/export_posts")
@login_required
def new():
    """Ask for confirmation: a GET starts nothing, so that no prefetch or link preview can."""
    return render_template("exports/new.html")


@bp.post("/export_posts")
@login_required
def create():
    rate_limits.check_exports(current_user)
    try:
        task = Task.launch(export_posts, current_user, N_("Exporting posts..."), language=str(get_locale()))
    except TaskInProgress:
        flash(_("An export task is currently in progress"))
    else:
        security_log.record("export-asked", current_user, task=task.id)
    return redirect(url_for("users.show", username=current_user.username))

"""Requesting an export of the user's own posts."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from microblog import exports
from microblog.tasks.exceptions import TaskInProgress

bp = Blueprint("exports", __name__)


@bp.get("/export_posts")
def new():
    """Ask for confirmation: a GET starts nothing, so that no prefetch or link preview can."""
    return render_template("exports/new.html")


@bp.post("/export_posts")
def create():
    try:
        exports.request(current_user, language=str(get_locale()))
    except TaskInProgress:
        flash(_("An export task is currently in progress"))
    return redirect(url_for("users.show", username=current_user.username))

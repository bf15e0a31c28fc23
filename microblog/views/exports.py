"""Requesting an export of the user's own posts."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from microblog import exports
from microblog.tasks.exceptions import TaskInProgress
from microblog.web import password_confirmation

bp = Blueprint("exports", __name__)


@bp.get("/export_posts")
def new():
    """Ask for confirmation: a GET starts nothing, so that no prefetch or link preview can."""
    return render_template("exports/new.html")


@bp.post("/export_posts")
def create():
    """Private messages come along only if they are asked for, and then only after the password."""
    return _create_with_messages() if request.form.get("messages") else _create()


def _create(**arguments):
    try:
        exports.request(current_user, language=str(get_locale()), **arguments)
    except TaskInProgress:
        flash(_("An export task is currently in progress"))
    return redirect(url_for("users.show", username=current_user.username))


@password_confirmation.required
def _create_with_messages():
    return _create(messages=True)

"""Deleting all of one's posts, and having them back."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from microblog.exports import deletion
from microblog.imports import requests
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.task import Task
from microblog.web import password_confirmation

bp = Blueprint("post_deletion", __name__, url_prefix="/account/posts")


@bp.get("/delete")
def new():
    return render_template("post_deletion/new.html")


@bp.post("/delete")
@password_confirmation.required
def create():
    try:
        deletion.request(current_user, language=str(get_locale()))
    except TaskInProgress:
        flash(_("Your posts are being deleted already."))
    return redirect(url_for("your_data.index"))


@bp.post("/<uuid:task_id>/undo")
def undo(task_id):
    """Bring back what that task has deleted."""
    task = Task.get_or_none(id=str(task_id), user=current_user) or abort(404)
    try:
        requests.bring_back(task)
    except TaskInProgress:
        flash(_("Another import of yours is under way. Wait until it is done."))
    return redirect(url_for("your_data.index"))

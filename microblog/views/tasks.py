"""A user's own task: its page, its card and its files, and what can be done with it."""

from flask import Blueprint, abort, flash, render_template
from flask_babel import gettext as _
from flask_login import current_user

from microblog import exports
from microblog.exports import expiry
from microblog.exports.deletion import is_deletion
from microblog.tasks.attempt import Attempt
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from microblog.web import password_confirmation
from microblog.web.downloads import send_archive, send_posts
from microblog.web.presentation import News
from microblog.web.redirects import back

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.get("/<uuid:task_id>")
def show(task_id):
    """What became of one task, with each attempt at it."""
    news, task = News.read(), _own(task_id)
    return render_template("tasks/show.html", news=news, task=task, attempts=list(Attempt.of(task)))


@bp.get("/<uuid:task_id>/card")
def card(task_id):
    """The card alone, for the script that redraws it; 404 for a dismissed task."""
    task = _own(task_id)
    if task.dismissed_at:
        abort(404)
    return render_template("tasks/_card.html", task=task)


@bp.get("/<uuid:task_id>/download")
def download(task_id):
    return send_posts(_own(task_id)) or abort(404)


@bp.get("/<uuid:task_id>/archive")
def archive(task_id):
    """The archive; one with private messages only after the password."""
    task = _own(task_id)
    send = _confirmed_archive if exports.has_messages(task) else _archive
    return send(task)


def _archive(task):
    return send_archive(task) or abort(404)


_confirmed_archive = password_confirmation.required(_archive)


@bp.post("/<uuid:task_id>/cancel")
def cancel(task_id):
    task = _own(task_id)
    task.cancel()
    if task.state == SUCCEEDED:
        flash(_("It was ready already."))
    return back("your_data.index")


@bp.post("/<uuid:task_id>/retry")
def retry(task_id):
    task = _own(task_id)
    try:
        task.launch_again()
    except TaskInProgress:
        if exports.is_export(task):
            flash(_("An export task is currently in progress"))
        elif is_deletion(task):
            flash(_("Your posts are being deleted already."))
        else:
            flash(_("Another import of yours is under way. Wait until it is done."))
    return back("your_data.index")


@bp.post("/<uuid:task_id>/dismiss")
def dismiss(task_id):
    _own(task_id).dismiss()
    return back("your_data.index")


@bp.post("/<uuid:task_id>/delete")
def destroy(task_id):
    """Delete the file of an ended task."""
    task = _own(task_id)
    if not task.complete:
        abort(409)
    expiry.delete_file(task)
    flash(_("The file is deleted."))
    if any(mail.may_have_left for mail in task.mails):
        flash(_("The mail may have left already."))
    return back("your_data.index")


def _own(task_id):
    """The task, if it is the user's; 404 for somebody else's, as if it did not exist."""
    return Task.get_or_none(id=str(task_id), user=current_user) or abort(404)

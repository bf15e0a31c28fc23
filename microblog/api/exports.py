"""Exports of the caller's posts: requested, watched, downloaded."""

from flask import abort, g, url_for
from wtforms import BooleanField

from microblog import exports
from microblog.api.body import validate
from microblog.api.operation import operation
from microblog.api.schemas import FLAG, TEXT, dump_whole_task, some
from microblog.api.tasks import get_own_task
from microblog.exports import expiry
from microblog.tasks.exceptions import TaskInProgress
from microblog.web import rate_limits
from microblog.web.downloads import send_archive, send_posts
from microblog.web.forms import ConfirmationForm, Form
from microblog.web.problem import problem

NO_FILE = "There is no file, not yet or not any more."
ON_THE_SITE_ONLY = "There are private messages in it: download it on the site, which asks for your password."


class PartsForm(Form):
    """What the archive is to have in it besides what is in each."""

    messages = BooleanField()


@operation(
    "POST",
    "/exports",
    "Ask for an export of your posts; `Location` says where to watch it. With `messages` your private"
    " messages and your e-mail address are in the archive too, and `password` must be yours",
    body=some(messages=FLAG, password=TEXT, optional=["messages", "password"]),
    response="Task",
    status=202,
    located=True,
    problems=(409,),
)
def create():
    wanted = validate(PartsForm, messages="messages").messages.data
    if wanted:
        _check_password()
    try:
        task = exports.request(g.caller, **({"messages": True} if wanted else {}))
    except TaskInProgress:
        abort(problem(409, "An export task is currently in progress."))
    return show(task.id), 202, {"Location": url_for("api.exports_show", task_id=task.id)}


@operation("GET", "/exports/{task_id}", "An export: its state, progress and result", response="Task")
def show(task_id):
    return dump_whole_task(_get_own_export(task_id))


@operation(
    "POST", "/exports/{task_id}/cancel", "End an export: at once, or within its next step", response="Task"
)
def cancel(task_id):
    _get_own_export(task_id).cancel()
    return show(task_id)


@operation("GET", "/exports/{task_id}/file", "posts.json, once it is offered", response="Export")
def download(task_id):
    response = send_posts(_get_own_export(task_id))
    return response or abort(problem(404, NO_FILE))


@operation(
    "GET",
    "/exports/{task_id}/archive",
    "The archive, a ZIP file, once it is offered; not one with private messages",
    response="Archive",
    media_type="application/zip",
)
def archive(task_id):
    task = _get_own_export(task_id)
    if exports.has_messages(task):
        abort(problem(403, ON_THE_SITE_ONLY))
    return send_archive(task) or abort(problem(404, NO_FILE))


@operation(
    "DELETE", "/exports/{task_id}/file", "Delete the files of an ended export", status=204, problems=(409,)
)
def destroy_file(task_id):
    task = _get_own_export(task_id)
    if not task.complete:
        abort(problem(409, "It has not ended yet."))
    expiry.delete_file(task)
    return "", 204


@rate_limits.confirming_password
def _check_password():
    """422 if the request does not give the caller's password."""
    validate(ConfirmationForm, password="current_password")  # noqa: S106 - the name of a field


def _get_own_export(task_id):
    return get_own_task(task_id, name=exports.export_posts.name)

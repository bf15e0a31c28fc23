"""Exports of the caller's posts: requested, watched, downloaded."""

from flask import abort, g, url_for

from microblog import exports
from microblog.api.operation import operation
from microblog.api.schemas import dump_task
from microblog.api.tasks import get_own_task
from microblog.exports import expiry
from microblog.tasks.exceptions import TaskInProgress
from microblog.web.downloads import send_export
from microblog.web.problem import problem


@operation(
    "POST",
    "/exports",
    "Ask for an export of your posts; `Location` says where to watch it",
    response="Task",
    status=202,
    located=True,
    problems=(409,),
)
def create():
    try:
        task = exports.request(g.caller)
    except TaskInProgress:
        abort(problem(409, "An export task is currently in progress."))
    return show(task.id), 202, {"Location": url_for("api.exports_show", task_id=task.id)}


@operation("GET", "/exports/{task_id}", "An export: its state, progress and result", response="Task")
def show(task_id):
    return dump_task(_get_own_export(task_id))


@operation(
    "POST", "/exports/{task_id}/cancel", "End an export: at once, or within its next step", response="Task"
)
def cancel(task_id):
    _get_own_export(task_id).cancel()
    return show(task_id)


@operation("GET", "/exports/{task_id}/file", "The file, once it is offered", response="Export")
def download(task_id):
    response = send_export(_get_own_export(task_id))
    return response or abort(problem(404, "There is no file, not yet or not any more."))


@operation(
    "DELETE", "/exports/{task_id}/file", "Delete the file of an ended export", status=204, problems=(409,)
)
def destroy_file(task_id):
    task = _get_own_export(task_id)
    if not task.complete:
        abort(problem(409, "It has not ended yet."))
    expiry.delete_file(task)
    return "", 204


def _get_own_export(task_id):
    return get_own_task(task_id, name=exports.export_posts.name)

"""What the site does for the caller in the background."""

from flask import abort, g, request, url_for

from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.paging import newest_first_by
from microblog.api.schemas import TASK_ID, dump_task, dump_whole_task
from microblog.mail.mail import Mail
from microblog.tasks.task import Task
from microblog.web.problem import problem


@operation("GET", "/tasks", "Your tasks, newest first", response="Task", paged=NEWEST_FIRST, cursor=TASK_ID)
def index():
    return newest_first_by(Task.age(), _age, Task.for_user(g.caller), dump_task, [Mail])


@operation("GET", "/tasks/{task_id}", "One task: its state, progress, result and attempts", response="Task")
def show(task_id):
    return dump_whole_task(get_own_task(task_id))


@operation("POST", "/tasks/{task_id}/cancel", "End a task: at once, or within its next step", response="Task")
def cancel(task_id):
    get_own_task(task_id).cancel()
    return show(task_id)


@operation(
    "POST",
    "/tasks/{task_id}/retry",
    "Do again what an ended task was about, as a new task",
    response="Task",
    status=202,
    located=True,
    problems=(409,),
)
def retry(task_id):
    again = get_own_task(task_id).launch_again()
    return show(again.id), 202, {"Location": url_for("api.tasks_show", task_id=again.id)}


def get_own_task(task_id, **values):
    """The caller's task of that id; 404 if there is none, or it is somebody else's."""
    task = Task.get_or_none(id=task_id, user=g.caller, **values)
    return task or abort(problem(404, "You have no such task."))


def _age(name):
    """
    The age of the caller's task whose id is in the query parameter *name*, None if that is missing.

    400 if the caller has no such task, perhaps not any more.
    """
    task_id = request.args.get(name)
    if task_id is None:
        return None
    if not Task.for_user(g.caller).where(Task.id == task_id).exists():
        abort(problem(400, f"{name} must be the id of a task of yours."))
    return Task.age_of(task_id)

"""Nightly work, for administrators."""

from flask import g

from microblog.api.admin_schemas import dump_admin_task, dump_chore
from microblog.api.admin_tasks import launched
from microblog.api.operation import operation
from microblog.api.schemas import moment
from microblog.ops import nightly, nightly_runs
from microblog.tasks import activity


@operation(
    "GET",
    "/admin/nightly",
    "What became of each nightly chore, and when the next is due",
    response="NightlyWork",
)
def show():
    tasks = nightly_runs.newest()
    return {
        "task": dump_admin_task(tasks[0], activity.now()) if tasks else None,
        "next_at": moment(nightly_runs.next_at(tasks)),
        "chores": [dump_chore(run) for run in nightly_runs.last_runs(tasks)],
    }


@operation(
    "POST", "/admin/nightly", "Run it now", response="WholeTask", status=202, located=True, problems=(409,)
)
def create():
    return launched(nightly.launch_now(by=g.caller.username))

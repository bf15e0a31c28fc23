"""The JSON of what only administrators are told: everybody's tasks, the workers, figures, nightly work."""

from microblog.api.schemas import (
    ATTEMPT,
    COUNT,
    FLAG,
    MAIL,
    MOMENT,
    SCHEMAS,
    TASK_ID,
    TEXT,
    dump,
    or_null,
    ref,
    some,
)
from microblog.tasks.activity import REASONS
from microblog.tasks.attempt import Attempt
from microblog.tasks.figures import COUNTED
from microblog.tasks.states import QUEUED, STATES

SECONDS = {"type": "number", "minimum": 0}


def each(schema):
    return {"type": "array", "items": schema}


_TASK = {
    "id": TASK_ID,
    "name": TEXT,
    "user": or_null(TEXT) | {"description": "A username; null: the site itself"},
    "state": {"enum": list(STATES)},
    "waits_for": or_null({"enum": list(REASONS)}),
    "progress": COUNT | {"maximum": 100},
    "done": COUNT,
    "total": or_null(COUNT),
    "attempts": COUNT,
    "crash_count": COUNT,
    "consumer_id": or_null(TEXT),
    "thread": or_null(TEXT),
    "is_silent": FLAG | {"description": "It runs, and has made no progress for two minutes"},
    "error": or_null(TEXT),
    "trace": or_null(TEXT),
    "result": or_null({"type": "object"}),
    "created_at": MOMENT,
    "run_after": MOMENT,
    "started_at": or_null(MOMENT),
    "advanced_at": or_null(MOMENT),
    "finished_at": or_null(MOMENT),
}
SCHEMAS |= {
    "AdminTask": some(**_TASK),
    "WholeTask": some(**_TASK, mail=or_null(MAIL), history=each(ref("AdminAttempt"))),
    "AdminAttempt": some(**ATTEMPT, consumer_id=or_null(TEXT), thread=or_null(TEXT)),
    "RunningItem": some(
        id=TEXT,
        name=TEXT,
        mail=or_null(TEXT) | {"description": "The kind of mail; null: it is a task"},
        user=or_null(TEXT),
        thread=or_null(TEXT),
        started_at=MOMENT,
        is_silent=FLAG,
    ),
    "Worker": some(consumer_id=TEXT, is_alive=FLAG, items=each(ref("RunningItem"))),
    "Failures": some(name=TEXT, error=TEXT, count=COUNT, newest_at=MOMENT),
    "Work": some(
        waiting=COUNT,
        mails_waiting=COUNT,
        messages=or_null(COUNT) | {"description": "In the queue; null: it does not answer"},
        held_since=or_null(MOMENT),
        workers=each(ref("Worker")),
        failures=each(ref("Failures")),
    ),
    "SeenTo": some(count=COUNT, left=COUNT),
    "Times": some(median_s=SECONDS, most_s=SECONDS),
    "KindFigures": some(
        kind=TEXT,
        count=COUNT | {"description": f"Of each state no more than {COUNTED:,} are counted"},
        failed=COUNT | {"maximum": COUNTED},
        waited=or_null(ref("Times")),
        ran=or_null(ref("Times")),
    ),
    "Figures": some(
        day=each(ref("KindFigures")),
        month=each(ref("KindFigures")),
        hours=each(
            some(ago=COUNT, succeeded=COUNT | {"maximum": COUNTED}, failed=COUNT | {"maximum": COUNTED})
        ),
    ),
    "ChoreRun": some(
        name=TEXT,
        ended_at=or_null(MOMENT),
        took_s=or_null(SECONDS),
        error=or_null(TEXT),
        made=or_null(TEXT) | {"description": "The file that it wrote or tried; empty: nothing was done"},
    ),
    "NightlyWork": some(
        task=or_null(ref("AdminTask")), next_at=or_null(MOMENT), chores=each(ref("ChoreRun"))
    ),
}


def dump_admin_task(task, workers):
    """A task in a list of them; *workers* know why it waits."""
    return _dump_task("AdminTask", task, workers)


def dump_whole_task(task, workers):
    """All that is known of one task."""
    history = [dump("AdminAttempt", attempt) for attempt in Attempt.of(task)]
    mail = task.mail and task.mail.summary()
    return _dump_task("WholeTask", task, workers, mail=mail, history=history)


def _dump_task(schema, task, workers, **more):
    waits_for = workers.why(task) if task.state == QUEUED else None
    return dump(schema, task, user=_name_of(task), waits_for=waits_for, **more)


def dump_worker(worker):
    return dump("Worker", worker, items=[_dump_item(item) for item in worker.items])


def dump_figures(of_kind):
    return dump("KindFigures", of_kind, waited=_dump_times(of_kind.waited), ran=_dump_times(of_kind.ran))


def dump_chore(run):
    return dump("ChoreRun", run, took_s=run.took and run.took.total_seconds())


def _dump_item(item):
    return dump("RunningItem", item, mail=getattr(item, "kind", None), user=_name_of(item))


def _dump_times(times):
    return times and {"median_s": times.median.total_seconds(), "most_s": times.most.total_seconds()}


def _name_of(item):
    return item.user and item.user.username

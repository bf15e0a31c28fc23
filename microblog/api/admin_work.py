"""Background work as a whole, for administrators: workers, failures, figures; held back, gone on with."""

from datetime import timedelta

from flask import g
from wtforms import StringField
from wtforms.validators import DataRequired

from microblog.api.admin_schemas import dump_figures, dump_worker
from microblog.api.body import validate
from microblog.api.operation import operation
from microblog.api.schemas import TEXT, dump, moment, some
from microblog.mail.mail import Mail
from microblog.tasks import activity, failures, figures, hold
from microblog.tasks.task import Task
from microblog.web.forms import Form, cleaned

MOST_FAILURES = 100
GROUP = {"body": some(name=TEXT, error=TEXT), "response": "SeenTo"}


class GroupForm(Form):
    """Names a group of failures."""

    job = StringField(filters=[cleaned], validators=[DataRequired()])
    reason = StringField(filters=[cleaned], validators=[DataRequired()])


@operation(
    "GET",
    "/admin/work",
    "What waits, what each worker does, and failures that nobody has seen to",
    response="Work",
)
def show():
    seen = activity.now()
    return {
        "waiting": Task.queued().count(),
        "mails_waiting": Mail.queued().count(),
        "messages": seen.messages,
        "held_since": moment(hold.since()),
        "workers": [dump_worker(worker) for worker in seen.workers],
        "failures": [dump("Failures", group) for group in failures.groups(MOST_FAILURES)],
    }


@operation(
    "PUT", "/admin/work/hold", "Hold new work: what runs goes on to its end, the rest waits", status=204
)
def begin_hold():
    hold.begin(by=g.caller.username)
    return "", 204


@operation("DELETE", "/admin/work/hold", "Go on with what waits", status=204)
def end_hold():
    hold.end(by=g.caller.username)
    return "", 204


@operation("POST", "/admin/work/failures/retry", "Try again all that failed for a reason", **GROUP)
def retry():
    return _see_to(failures.try_again)


@operation(
    "POST", "/admin/work/failures/discard", "Discard all that failed for a reason; the tasks stay", **GROUP
)
def discard():
    return _see_to(failures.discard)


@operation(
    "GET",
    "/admin/figures",
    "How many tasks of each kind in 24 hours and 30 days, how many failed, how long they waited and ran",
    response="Figures",
)
def show_figures():
    day, month = ([dump_figures(one) for one in figures.of_kinds(timedelta(days=days))] for days in (1, 30))
    return {"day": day, "month": month, "hours": [hour._asdict() for hour in figures.of_hours()]}


def _see_to(act):
    form = validate(GroupForm, name="job", error="reason")
    group = form.job.data, form.reason.data
    return {"count": act(*group, by=g.caller.username), "left": failures.of(*group).count()}

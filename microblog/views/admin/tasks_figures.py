"""The administrator's figures of tasks: how many, how long, and a chart of the last day."""

from datetime import timedelta

from flask import Blueprint, render_template

from microblog.tasks import figures

bp = Blueprint("admin_tasks_figures", __name__, url_prefix="/admin/tasks/figures")
SPANS = (timedelta(days=1), timedelta(days=30))
CHART_HEIGHT = 60


@bp.get("")
def index():
    hours = figures.of_hours()
    return render_template(
        "admin_tasks_figures/index.html",
        spans=[(span, figures.of_kinds(span)) for span in SPANS],
        bars=_bars(hours),
        succeeded=sum(hour.succeeded for hour in hours),
        failed=sum(hour.failed for hour in hours),
        height=CHART_HEIGHT,
        counted_to=figures.COUNTED,
    )


def _bars(hours):
    """For each hour the heights of what succeeded and of what failed, which stands below it."""
    highest = max((hour.succeeded + hour.failed for hour in hours), default=0) or 1
    return [(_height(hour.succeeded, highest), _height(hour.failed, highest), hour) for hour in hours]


def _height(count, highest):
    # Whatever there was is seen.
    return max(1, round(CHART_HEIGHT * count / highest)) if count else 0

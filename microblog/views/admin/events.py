"""The administrator's page of the security log."""

from flask import Blueprint, render_template

from microblog.security import security_log
from microblog.web.pagination import Page, cursor

bp = Blueprint("admin_events", __name__, url_prefix="/admin/security")
EVENTS = 200


@bp.get("")
def index():
    """A page of the security log; ``before`` and ``after`` are numbers of newer events that are left out."""
    skip = cursor("before") or cursor("after") or 0
    events = security_log.latest(EVENTS, skip)
    older = skip + EVENTS if security_log.latest(1, skip + EVENTS) else None
    newer = max(0, skip - EVENTS) if skip else None
    return render_template("admin_events/index.html", page=Page(events, older, newer))

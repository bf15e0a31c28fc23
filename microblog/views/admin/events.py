"""The administrator's page of the security log."""

from flask import Blueprint, render_template

from microblog.security import security_log

bp = Blueprint("admin_events", __name__, url_prefix="/admin/security")
EVENTS = 200


@bp.get("")
def index():
    """The latest events of the security log."""
    return render_template("admin_events/index.html", events=security_log.latest(EVENTS))

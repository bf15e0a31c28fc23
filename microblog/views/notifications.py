"""What is new to the signed-in user, for the script that asks each second."""

from flask import Blueprint, abort, jsonify
from flask_login import current_user

from microblog.models import Notification
from microblog.web.pagination import cursor

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
def index():
    """JSON list of what came after ``since``, oldest first; 401 when signed out. Writes nothing."""
    if not current_user.is_authenticated:
        abort(401)
    news = Notification.since(current_user, cursor("since") or 0)
    return jsonify([notification.as_json() for notification in news])

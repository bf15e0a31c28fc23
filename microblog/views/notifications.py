"""What is new for the signed-in user, for the script that polls it."""

from flask import Blueprint, abort
from flask_login import current_user

from microblog.models import Notification
from microblog.web.pagination import cursor

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
def index():
    """
    JSON list of notifications after the id ``since``, oldest first; 401 if signed out. Writes nothing.

    At most a page of them; the id of the last one leads to the next page.
    """
    if not current_user.is_authenticated:
        abort(401)
    news = Notification.since(current_user, cursor("since") or 0)
    return [notification.as_json() for notification in news]

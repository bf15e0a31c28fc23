"""What is new for the caller."""

from flask import g

from microblog.api.operation import OLDEST_FIRST, operation
from microblog.api.paging import oldest_first
from microblog.api.schemas import dump_notification
from microblog.models import Notification


@operation(
    "GET",
    "/notifications",
    "What came after `since_id`, oldest first",
    response="Notification",
    paged=OLDEST_FIRST,
)
def index():
    return oldest_first(Notification.since(g.caller, 0), dump_notification)

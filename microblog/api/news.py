"""What others did that concerns the caller."""

from flask import abort, g

from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.paging import known_id, newest_first
from microblog.api.schemas import dump_news_item
from microblog.base import slices
from microblog.models import NewsItem
from microblog.web.problem import problem


@operation(
    "GET",
    "/news",
    "Who followed you, answered you, mentioned you, likes what you wrote, or joined by your invitation, and "
    "for administrators which posts were reported, newest first; reading it here marks nothing as read",
    response="NewsItem",
    paged=NEWEST_FIRST,
)
def index():
    return newest_first(NewsItem.of(g.caller), dump_news_item)


@operation("PUT", "/news/{news_id}/read", "Mark a line of your news as read", status=204)
def read(news_id):
    item = slices.of_id(NewsItem.of(g.caller), known_id(news_id)).first()
    item = item or abort(problem(404, "There is no such line."))
    NewsItem.mark_read(g.caller, item.id, item.id)
    return "", 204

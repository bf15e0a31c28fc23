"""Feeds of all posts and of each user's, in two formats with the same content."""

import functools
from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, current_app, request, url_for

from microblog.base import clock
from microblog.models import FeedChange, Post
from microblog.models.profile import Profile
from microblog.web import feeds
from microblog.web.auth import reader
from microblog.web.presentation import site_address

bp = Blueprint("feeds", __name__)

KINDS = {
    "atom": (feeds.atom, "application/atom+xml"),
    "json": (feeds.json_feed, "application/feed+json"),
}
FRESH_S = 60
# One second late, so that no date was told before it: settings or a restore may have changed any feed.
STARTED_AT = clock.now() + timedelta(seconds=1)


def _conditional(view):
    """Let *view* send nothing (304) to a reader that has its answer already, by ETag or by date."""

    @functools.wraps(view)
    def answer(**values):
        # Read first: what changes while the feed is read must be newer than the date it is sent with.
        changed_at = max(FeedChange.latest(), STARTED_AT)
        response = view(**values)
        response.add_etag()
        # What a member sees depends on blocks too, of which the date knows nothing.
        if reader():
            return response.make_conditional(request)
        response.last_modified = changed_at
        response.make_conditional(request)
        # One that still lies ahead must not be told; the past one instead leads to no 304.
        response.last_modified = min(changed_at, clock.now())
        return response

    return answer


@bp.get("/feed.<any(atom, json):kind>")
@_conditional
def index(kind):
    address, page = url_for("feeds.index", kind=kind), url_for("posts.explore")
    return _answer(
        kind, address, "Microblog", page, Post.visible_to(reader()), datetime.fromtimestamp(0, UTC)
    )


@bp.get("/user/<username>/feed.<any(atom, json):kind>")
@_conditional
def show(username, kind):
    profile = Profile.by_username(username, reader())
    if profile is None or profile.hidden:
        abort(404)
    user = profile.user
    address = url_for("feeds.show", username=user.username, kind=kind)
    page = url_for("users.show", username=user.username)
    title = f"{user.username} · Microblog"
    return _answer(kind, address, title, page, Post.by_author(user), user.created_at, user)


def _answer(kind, address, title, page, posts, began, author=None):
    write, mimetype = KINDS[kind]
    posts = list(posts.limit(current_app.config["POSTS_PER_PAGE"]))
    feed = feeds.Feed(site_address() + address, title, site_address() + page, posts, began, author)
    response = current_app.response_class(write(feed), mimetype=mimetype)
    response.cache_control.max_age = FRESH_S
    response.cache_control.public = current_app.config["PUBLIC"] and reader() is None
    return response

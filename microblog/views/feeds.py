"""Feeds of everybody and of each person, in two formats that hold the same."""

from datetime import UTC, datetime

from flask import Blueprint, abort, current_app, request, url_for

from microblog.auth import reader
from microblog.models import Post
from microblog.models.profile import Profile
from microblog.web import feeds
from microblog.web.presentation import site_address

bp = Blueprint("feeds", __name__)

KINDS = {
    "atom": (feeds.atom, "application/atom+xml"),
    "json": (feeds.json_feed, "application/feed+json"),
}
FRESH_S = 60


@bp.get("/feed.<any(atom, json):kind>")
def index(kind):
    address, page = url_for("feeds.index", kind=kind), url_for("posts.explore")
    return _answer(
        kind, address, "Microblog", page, Post.visible_to(reader()), datetime.fromtimestamp(0, UTC)
    )


@bp.get("/user/<username>/feed.<any(atom, json):kind>")
def show(username, kind):
    profile = Profile.of(username, reader())
    if profile is None or profile.hidden:
        abort(404)
    user = profile.user
    address = url_for("feeds.show", username=user.username, kind=kind)
    page = url_for("users.show", username=user.username)
    title = f"{user.username} · Microblog"
    return _answer(kind, address, title, page, Post.by(user), user.created_at, user)


def _answer(kind, address, title, page, posts, began, author=None):
    """The feed; 304 without it for a reader that has it already."""
    write, mimetype = KINDS[kind]
    posts = list(posts.limit(current_app.config["POSTS_PER_PAGE"]))
    feed = feeds.Feed(site_address() + address, title, site_address() + page, posts, began, author)
    response = current_app.response_class(write(feed), mimetype=mimetype)
    response.add_etag()
    response.cache_control.max_age = FRESH_S
    response.cache_control.public = current_app.config["PUBLIC"] and reader() is None
    response.make_conditional(request)
    # Only now: a date knows of no deletion, and of one post a second, so it must not lead to a 304.
    response.last_modified = feed.updated
    return response

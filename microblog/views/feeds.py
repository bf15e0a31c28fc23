"""Feeds of all posts, of each user's and of each tag's: pages, in two formats with the same content."""

import functools

from flask import Blueprint, Response, abort, current_app, request, url_for
from werkzeug.http import generate_etag

from microblog.base.config import ROOT
from microblog.base.database import db
from microblog.base.entities import tag_of
from microblog.models import Post, Tag, VisibleChange
from microblog.models.profile import Profile
from microblog.web import assets, feed_formats, pagination
from microblog.web.auth import reader
from microblog.web.presentation import site_address

bp = Blueprint("feeds", __name__)

KINDS = {
    "atom": (feed_formats.atom, "application/atom+xml"),
    "json": (feed_formats.json_feed, "application/feed+json"),
}
FRESH_S = 60
CODE = assets.version(ROOT / "microblog", "*.py")


def _conditional(view):
    """Answer a visitor who has the present state already with 304, before *view* builds anything."""

    @functools.wraps(view)
    def answer(**values):
        visitor = reader() is None
        # One snapshot: else posts that change between two queries would get the tag of the state before.
        with db.atomic(lock_type="DEFERRED"):
            # What a member sees depends on their blocks too, of which the tag knows nothing.
            tag = _tag() if visitor else None
            known = tag in request.if_none_match.as_set(include_weak=True)
            response = Response(status=304) if known else view(**values)
        if visitor:
            # Weak, because it names a state, not bytes.
            response.set_etag(tag, weak=True)
        response.cache_control.max_age = FRESH_S
        response.cache_control.public = visitor
        return response

    return answer


def _tag():
    """A text that is another one whenever anything changes that the feed depends on."""
    page = request.path, pagination.cursor("before"), pagination.cursor("after")
    parts = (VisibleChange.latest(), CODE, current_app.config["POSTS_PER_PAGE"], site_address(), page)
    return generate_etag(repr(parts).encode())


@bp.get("/feed.<any(atom, json):kind>")
@_conditional
def index(kind):
    return _answer(kind, url_for("feeds.index", kind=kind), Post.visible_to(reader()))


@bp.get("/user/<username>/feed.<any(atom, json):kind>")
@_conditional
def show(username, kind):
    profile = Profile.by_username(username, reader())
    if profile is None or profile.hidden:
        abort(404)
    user = profile.user
    address = url_for("feeds.show", username=user.username, kind=kind)
    return _answer(kind, address, Post.by_author(user, reader()), author=user)


@bp.get("/tag/<word>/feed.<any(atom, json):kind>")
@_conditional
def tagged(word, kind):
    tag = tag_of(word) or abort(404)
    address = url_for("feeds.tagged", word=tag, kind=kind)
    return _answer(kind, address, Post.tagged(tag, reader()), by=Tag, tag=tag)


def _answer(kind, address, posts, by=None, **about):
    """The feed of *posts*; *by*: the model by whose keys they are paged; *about*: as ``Feed`` has it."""
    write, mimetype = KINDS[kind]
    feed = feed_formats.Feed(site_address() + address, pagination.page(posts, by), **about)
    return Response(write(feed), mimetype=mimetype)

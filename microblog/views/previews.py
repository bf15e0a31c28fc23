"""The pictures beside links to the site, to people and to what they write, where such links are shared."""

from flask import Blueprint, Response, abort, request
from werkzeug.http import generate_etag

from microblog.base.config import ROOT
from microblog.models.profile import Profile
from microblog.web import assets, rate_limits, site
from microblog.web.auth import reader
from microblog.web.preview import preview

bp = Blueprint("previews", __name__)
FRESH_S = 3600
CODE = assets.version(ROOT / "microblog" / "web", "preview.py")


@bp.get("/preview.png")
@rate_limits.drawing
def index():
    return _answer()


@bp.get("/user/<username>/preview.png")
@rate_limits.drawing
def show(username):
    profile = Profile.by_username(username, reader())
    if profile is None or profile.hidden or profile.user.suspended_at:
        abort(404)
    return _answer(profile.user.username)


def _answer(username=None):
    """The picture, which is drawn only for who has not got it already."""
    facts = site.current().name, site.current().colour, username
    tag = generate_etag(repr((CODE, *facts)).encode())
    response = Response(mimetype="image/png")
    response.set_etag(tag)
    if tag in request.if_none_match:
        response.status_code = 304
    else:
        response.data = preview(*facts)
    response.cache_control.max_age = FRESH_S
    response.cache_control.public = reader() is None
    return response

"""Lists of people: everybody, and who follows whom."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user

from microblog.models import people
from microblog.models.profile import Profile
from microblog.web.auth import reader
from microblog.web.pagination import page

bp = Blueprint("people", __name__)


@bp.get("/people")
def index():
    """Everybody, by their last posts."""
    everybody = page(people.everybody(reader()), by=people.ByLastPost)
    return render_template("people/index.html", page=everybody)


@bp.get("/user/<username>/followers")
def followers(username):
    return _page_of(username, people.followers_of, people.ByFollower)


@bp.get("/user/<username>/following")
def following(username):
    return _page_of(username, people.followed_by, people.ByFollowed)


def _page_of(username, those, by):
    """The list of *those* around the user of that name; 404 if they are suspended, or hidden by a block."""
    profile = Profile.by_username(username, current_user) or abort(404)
    if profile.hidden or profile.user.suspended_at:
        abort(404)
    if profile.user.username != username:
        return redirect(url_for(request.endpoint, username=profile.user.username))
    return render_template(
        "people/follows.html", profile=profile, page=page(those(profile.user, reader()), by)
    )

"""Who follows whom."""

from flask import abort, g

from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.users import page_of, profile_of
from microblog.models import people
from microblog.web.problem import problem

LIST = {"response": "User", "paged": NEWEST_FIRST}


@operation("GET", "/users/{user}/followers", "Who follows a person, newest members first", **LIST)
def followers(user):
    return page_of(people.followers_of(_shown(user), g.caller), people.ByFollower)


@operation("GET", "/users/{user}/following", "Whom a person follows, newest members first", **LIST)
def following(user):
    return page_of(people.followed_by(_shown(user), g.caller), people.ByFollowed)


@operation("PUT", "/users/me/following/{user}", "Follow a person", status=204, problems=(409,))
def create(user):
    other = profile_of(user).user
    if other == g.caller:
        abort(problem(409, "Nobody follows themselves."))
    g.caller.follow(other)
    return "", 204


@operation("DELETE", "/users/me/following/{user}", "Follow a person no more", status=204)
def destroy(user):
    g.caller.unfollow(profile_of(user).user)
    return "", 204


def _shown(text):
    """The user that *text* names; 404 if there is none whom the caller may see, or they are suspended."""
    user = profile_of(text).user
    if user.suspended_at:
        abort(problem(404, "There is no such user."))
    return user

"""Who follows whom."""

from flask import g

from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.users import people, profile_of
from microblog.models import User
from microblog.models.exceptions import Blocked, Suspended
from microblog.web.problem import Problem

LIST = {"response": "User", "paged": NEWEST_FIRST}


@operation("GET", "/users/{user}/followers", "Who follows a person, newest members first", **LIST)
def followers(user):
    return people(User.followers_of(profile_of(user).user))


@operation("GET", "/users/{user}/following", "Whom a person follows, newest members first", **LIST)
def following(user):
    return people(User.followed_by(profile_of(user).user))


@operation("PUT", "/users/me/following/{user}", "Follow a person", status=204, problems=(409,))
def create(user):
    other = profile_of(user).user
    if other == g.caller:
        raise Problem(409, "Nobody follows themselves.")
    try:
        g.caller.follow(other)
    except Blocked as error:
        raise Problem(409, "One of you has blocked the other.") from error
    except Suspended as error:
        raise Problem(409, "This account is suspended.") from error
    return "", 204


@operation("DELETE", "/users/me/following/{user}", "Follow a person no more", status=204)
def destroy(user):
    g.caller.unfollow(profile_of(user).user)
    return "", 204

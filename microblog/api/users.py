"""
Users. `user` in a path is an id, a username, or ``me``.

Digits alone are always an id. A leading ``@`` makes anything a username, so that no program needs to know
what usernames look like. Whoever has renamed is found by the former name as well, as long as it is kept.
"""

from flask import abort, g

from microblog.api.body import validate
from microblog.api.operation import NEWEST_FIRST, operation
from microblog.api.paging import known_id, newest_first
from microblog.api.schemas import TEXT, dump_profile, dump_user, some
from microblog.base.text import clean
from microblog.models import FormerName, User, people
from microblog.models.profile import Profile
from microblog.models.visibility import people_seen_by
from microblog.web.forms import ProfileForm
from microblog.web.problem import problem


@operation("GET", "/users", "Everybody, newest first", response="User", paged=NEWEST_FIRST)
def index():
    return page_of(people_seen_by(g.caller, User.active()))


@operation(
    "GET",
    "/people",
    "Everybody, by their last posts; `Link` leads on",
    response="User",
    paged=NEWEST_FIRST,
)
def by_last_post():
    return page_of(people.everybody(g.caller), people.ByLastPost)


@operation("GET", "/users/{user}", "One person", response="Profile")
def show(user):
    return dump_profile(profile_of(user))


@operation(
    "PUT",
    "/users/me",
    "Change how you present yourself; without `about_me` it stays as it is",
    body=some(username=TEXT, about_me=TEXT, optional=["about_me"]),
    response="Profile",
    problems=(409,),
)
def update():
    form = validate(ProfileForm, username="username", about_me="about_me")
    about_me = form.about_me.data if form.about_me.raw_data else g.caller.about_me
    g.caller.update_profile(form.username.data, about_me)
    return dump_profile(Profile.by_username(form.username.data, g.caller))


def page_of(query, by=None):
    """A page of the users in *query*, all of whom the caller may see, in the order *by*."""
    return newest_first(query, dump_user, by)


def profile_of(text):
    """
    The Profile of the user that *text* names, as the caller sees them.

    404 if there is none, or one of the two has blocked the other.
    """
    profile = person(text)
    if profile.hidden:
        abort(problem(404, "There is no such user."))
    return profile


def person(text):
    """The same, also across a block; 404 if there is nobody."""
    text = clean(text)
    if text == "me":
        name = g.caller.username
    elif text.isdigit():
        name = User.name_of(known_id(text))
    else:
        name = text.removeprefix("@")
    profile = Profile.by_username(name, g.caller) or _formerly(name)
    return profile or abort(problem(404, "There is no such user."))


def _formerly(name):
    """The same of whoever was called *name* until lately."""
    user = name and FormerName.leads(name, g.caller)
    return user and Profile.by_username(user.username, g.caller)

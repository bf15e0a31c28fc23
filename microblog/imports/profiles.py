"""What an import changes besides posts, if its user chooses so: their ``about_me``, and whom they follow."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from peewee import fn

from microblog.base.text import MAX_LENGTH, cut, with_ellipsis
from microblog.imports.import_row import Choices
from microblog.imports.sorted_records import Facts
from microblog.models import Follow, FormerName, User
from microblog.models.exceptions import Blocked, Suspended
from microblog.models.visibility import hidden_from

MOST_OFFERED = 200


def about_me(facts: Facts) -> str:
    """The text for the profile that the *facts* of a file offer; "" if they offer none."""
    text = facts["about_me"] or ""
    return text if len(text) <= MAX_LENGTH else with_ellipsis(cut(text, MAX_LENGTH - 1))


def offered(user: User, facts: Facts) -> list[User]:
    """Whom *user* follows by the *facts* of a file, of those people here who may be followed: a list."""
    here = urlsplit(current_app.config["SITE_URL"]).hostname
    addresses = (address.lstrip("@").rpartition("@") for address in facts["following"])
    names = {name.lower() for name, _at, host in addresses if host.lower() == here}
    renamed = FormerName.select(FormerName.user).where(fn.lower(FormerName.name).in_(names))
    followed = Follow.select(Follow.followed).where(Follow.follower == user)
    return list(
        User.select()
        .where(fn.lower(User.username).in_(names) | User.id.in_(renamed), User.id != user.id)
        .where(User.suspended_at.is_null())
        .where(User.id.not_in(followed), User.id.not_in(hidden_from(user, is_admin=False)))
        .limit(MOST_OFFERED)
    )


def bring(user: User, choices: Choices, facts: Facts) -> dict[str, Any]:
    """
    Change the profile and the follows of *user* as *choices* say, and return what ``put_back`` needs.

    Only who is offered is followed, whatever the choices name.
    """
    profile: dict[str, tuple[str, str]] = {}
    followed: list[int] = []
    if choices.get("profile"):
        _change(user, profile, {"about_me": about_me(facts), "language": facts["language"]})
    for other in offered(user, facts):
        if other.username in choices.get("follow", ()):
            # It may have come to that just now.
            with suppress(Blocked, Suspended):
                user.follow(other)
                followed.append(other.id)
    return {"followed": followed, "profile": profile}


def put_back(user: User, former: dict[str, Any]) -> None:
    """Undo what ``bring`` did; a profile that was changed since is left as it is."""
    Follow.delete().where(Follow.follower == user, Follow.followed.in_(former["followed"])).execute()
    for name, (before, brought) in former["profile"].items():
        unchanged = (User.id == user.id, getattr(User, name) == brought)
        User.update({name: before}).where(*unchanged).execute()


def _change(user: User, former: dict[str, tuple[str, str]], profile: dict[str, str | None]) -> None:
    for name, value in profile.items():
        before = getattr(user, name)
        if value and value != before:
            User.update({name: value}).where(User.id == user.id).execute()
            former[name] = (before, value)

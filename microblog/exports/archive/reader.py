"""Our own archive, read again: whoever opens it gets what was written, or is told what is wrong with it."""

import json

from microblog.base.i18n import N_
from microblog.base.json_items import BadJSON, items_of
from microblog.exports.archive import names
from microblog.exports.archive.own import FORMAT

# Of one small file, such as the profile.
MOST_BYTES = 64 * 1024

NOT_OURS = N_("This is no archive of a site like this one.")
TOO_NEW = N_("A newer version of this site has made it.")
NOT_A_POST = N_("It is no post.")


class NotOurs(ValueError):
    """The ZIP file is no archive of ours, or one that this version cannot read; the message is for people."""


def is_ours(archive):
    """Whether *archive*, a ``SafeZip``, says that it is one of ours."""
    return names.ABOUT in archive


def read_about(archive):
    """
    What the archive says of itself: ``posts``, how many there are, and ``newest``, the id of the newest.

    Raises:
        NotOurs: this version does not know its format.
        BadZip: it is damaged.
    """
    if not is_ours(archive):
        raise NotOurs(NOT_OURS)
    about = _read_object(archive, names.ABOUT)
    if about.get("format") != FORMAT:
        raise NotOurs(TOO_NEW)
    return about


def read_profile(archive):
    """``about_me`` and ``language``."""
    return _read_object(archive, names.PROFILE)


def read_people(archive, name, key):
    """Yield the usernames in one of the lists, such as *name* ``names.FOLLOWING`` with *key* "following"."""
    with archive.open(name) as file:
        for item in items_of(file, key):
            if isinstance(item.value, dict) and isinstance(item.value.get("username"), str):
                yield item.value["username"]


def posts_in(file):
    """Yield an ``Item`` for each post in *file*, that of ``data/posts.json``; its value has all members."""
    for item in items_of(file, "posts"):
        yield item if item.error or is_post(item.value) else item._replace(value=None, error=NOT_A_POST)


def is_post(value):
    """Whether *value* is what the archive says of a post."""
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("id", "body", "timestamp"))
        and isinstance(value.get("language"), str | None)
    )


def _read_object(archive, name):
    try:
        value = json.loads(archive.read(name, MOST_BYTES))
    except (KeyError, ValueError, RecursionError) as error:
        raise NotOurs(NOT_OURS) from error
    if not isinstance(value, dict):
        raise NotOurs(NOT_OURS)
    return value


__all__ = [
    "BadJSON",
    "NotOurs",
    "is_ours",
    "is_post",
    "posts_in",
    "read_about",
    "read_people",
    "read_profile",
]

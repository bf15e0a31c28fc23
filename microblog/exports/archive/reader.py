"""Our own archive, read again: whoever opens it gets what was written, or is told what is wrong with it."""

import json
import re
import time
from collections.abc import Iterator
from typing import IO, Any, Protocol, TypeGuard

from microblog.base.files import Readable
from microblog.base.i18n import N_
from microblog.base.json_items import Item, items_of
from microblog.exports.archive import names
from microblog.exports.archive.own import FORMAT, ArchivedPost

# Of one small file, such as the profile.
MOST_BYTES = 64 * 1024
# Microseconds, until the year 2286.
ID = re.compile(r"[1-9]\d{0,15}", re.ASCII)
NO_ID = 0

NOT_OURS = N_("This is no archive of a site like this one.")
TOO_NEW = N_("A newer version of this site has made it.")
NOT_A_POST = N_("It is no post.")
DISAGREE = N_("Its id and its time disagree.")


class Archive(Protocol):
    """What is read here: a ``SafeZip``, or a folder in one."""

    def __contains__(self, name: str, /) -> bool: ...

    def open(self, name: str, /) -> IO[bytes]: ...

    def read(self, name: str, most: int, /) -> bytes: ...


class NotOurs(ValueError):
    """The ZIP file is no archive of ours, or one that this version cannot read; the message is for people."""


def is_ours(archive: Archive) -> bool:
    """Whether *archive* says that it is one of ours."""
    return names.ABOUT in archive


def read_about(archive: Archive) -> dict[str, Any]:
    """
    What the archive says of itself: ``posts``, how many there are, and ``newest``, the id of the newest.

    Raises:
        NotOurs: this version does not know its format.
        BadZip: it is damaged.
    """
    if not is_ours(archive):
        raise NotOurs(NOT_OURS)
    try:
        about = json.loads(archive.read(names.ABOUT, MOST_BYTES))
    except (ValueError, RecursionError) as error:
        raise NotOurs(NOT_OURS) from error
    if not isinstance(about, dict):
        raise NotOurs(NOT_OURS)
    if about.get("format") != FORMAT:
        raise NotOurs(TOO_NEW)
    return about


def posts_in(file: Readable) -> Iterator[Item]:
    """Yield an ``Item`` for each post in *file*, that of ``data/posts.json``; its value has all members."""
    for item in items_of(file, "posts"):
        error = item.error or fault_of(item.value)
        yield item._replace(value=None, error=error) if error else item


def fault_of(value: object) -> str | None:
    """Why *value* is not what an archive says of a post; None if it is."""
    if not _is_post(value):
        return NOT_A_POST
    return None if value["timestamp"] == _moment(int(value["id"])) else DISAGREE


def _is_post(value: object) -> TypeGuard[ArchivedPost]:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("id", "body", "timestamp"))
        and isinstance(value.get("language"), str | None)
        and isinstance(value.get("origin"), dict | None)
        and ID.fullmatch(value["id"]) is not None
        and id_of(value.get("reply_to")) is not NO_ID
    )


def id_of(text: object) -> int | None:
    """The id that *text* is, None for none; NO_ID if it is something else."""
    if text is None:
        return None
    return int(text) if isinstance(text, str) and ID.fullmatch(text) else NO_ID


def _moment(microseconds: int) -> str:
    """The moment as the archive writes it; that of an id."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:06}Z"

"""What every reader yields, whatever the format: one record for each item of a file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from microblog.base.clock import in_microseconds
from microblog.base.i18n import N_
from microblog.base.i18n.languages import tag
from microblog.base.json_items import Item
from microblog.base.text import BLANK_LINES, clean, is_blank
from microblog.models.post_id import EARLIEST

# Items that an import leaves out unless its user asks for them.
REPLY, REPOST = "reply", "repost"
# An answer to the person's own post, also when that is gone.
THREAD = "thread"

NO_TEXT = N_("It has no text.")
NO_TIME = N_("It does not say when it was written.")
NO_ID = N_("It has no id.")
NOT_A_POST = N_("It is no post.")
TOO_OLD = N_("It is dated before 1990.")
TOO_NEW = N_("It is dated in the future.")
PRIVATE = N_("It was not public.")
REPLY_TO_OTHERS = N_("It answers somebody else.")
REPOSTED = N_("Somebody else wrote it.")
TOO_LARGE = N_("It is too large.")


# Those of a record but its place, by name.
Fields = dict[str, Any]
# Where a post was written: ``source``, ``id`` and ``url``.
Origin = dict[str, str | None]


class Record(NamedTuple):
    """
    One item of a file: a post, or why it is none.

    *place*: where it is, as a file name with a number. *key*: the post's id where it comes from.
    *written_at*: microseconds since 1970. *answers*: the key of the post it answers; *reply_to*: the id that
    this has here, of a post that was written here. *option*: it is left out unless asked for, as a REPLY or a
    REPOST; a THREAD is not. *left_out*, *unreadable*: why there is no post, a sentence.
    """

    place: str
    key: str | None = None
    body: str = ""
    written_at: int = 0
    language: str | None = None
    url: str | None = None
    answers: str | None = None
    reply_to: int | None = None
    option: str | None = None
    pictures: int = 0
    # Of a post that came here from elsewhere, and now comes back in an archive of ours.
    origin: Origin | None = None
    left_out: str | None = None
    unreadable: str | None = None


class NoPost(ValueError):
    """The item is left out; the message is for people."""


class Unreadable(ValueError):
    """The item is not as its format wants it; the message is for people."""


def records(items: Iterable[Item], read: Callable[[Any], Fields], name: str) -> Iterator[Record]:
    """
    Yield a ``Record`` for each of *items*, made by *read(value)* from its value; *name*: the file's.

    *read* returns the fields but the place, as a dictionary, and raises ``NoPost`` or ``Unreadable``.
    Whatever else a strange value makes it raise is that item's fault alone.
    """
    for item in items:
        place = f"{name}:{item.number}"
        if item.error:
            yield Record(place, unreadable=item.error)
        else:
            yield _record(place, read, item.value)


def _record(place: str, read: Callable[[Any], Fields], value: Any) -> Record:
    try:
        return _checked(Record(place, **read(value)))
    except NoPost as reason:
        return Record(place, left_out=str(reason))
    except Unreadable as reason:
        return Record(place, unreadable=str(reason))
    except RecursionError:
        return Record(place, unreadable=N_("It is nested too deeply."))
    except (TypeError, ValueError, KeyError, AttributeError, LookupError, OverflowError):
        return Record(place, unreadable=N_("It is not as its format wants it."))


def _checked(record: Record) -> Record:
    if not record.body:
        raise NoPost(NO_TEXT)
    if record.written_at < EARLIEST:
        raise NoPost(TOO_OLD)
    _refuse_what_cannot_be_stored(record)
    return record


def _refuse_what_cannot_be_stored(record: Record) -> None:
    """
    Check that what nobody has tidied is text. JSON can name half a character, which is none.

    Raises:
        TypeError: or
        UnicodeError: some of it is not.
    """
    origin = (record.origin or {}).values()
    told = (record.key, record.language, record.url, record.answers, *origin)
    "".join(text for text in told if text is not None).encode()


def moment(text: Any) -> int:
    """
    Microseconds since 1970 of *text*, an RFC 3339 time; one without a zone is UTC.

    Raises:
        Unreadable: it is none, or missing.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except (AttributeError, ValueError) as error:
        raise Unreadable(NO_TIME) from error
    return in_microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))


def tidy(text: str) -> str:
    """*text* as the site keeps texts, with one blank line at most in a row; "" if nothing can be seen."""
    text = BLANK_LINES.sub("\n\n", clean(text))
    return "" if is_blank(text) else text


def language(text: object) -> str | None:
    """The language of *text*, a tag, in two or three letters; None if it names none."""
    found = tag(text) if isinstance(text, str) else None
    return found and found.partition("-")[0]


def web_address(*candidates: object) -> str | None:
    """The first of *candidates* that is an http or https address of reasonable length, None if none is."""
    for text in candidates:
        if isinstance(text, str) and text.startswith(("https://", "http://")) and len(text) <= 500:
            return text
    return None


def with_pictures(text: str, descriptions: Sequence[str], count: int) -> str:
    """*text*, followed by what *descriptions* tell of its pictures; a picture that was all of it is named."""
    lines = [f"[picture: {' '.join(tidy(each).split())}]" for each in descriptions if tidy(each)]
    if not text and count and not lines:
        lines = ["[picture]"]
    return "\n\n".join(filter(None, [text, "\n".join(lines)]))

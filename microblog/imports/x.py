"""The archive of X, once Twitter: JavaScript files that hold JSON after a prefix. They are never run."""

import html
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from microblog.base.clock import in_microseconds
from microblog.base.files import Readable
from microblog.base.i18n import N_
from microblog.base.json_items import BadJSON, Item, items_after_prefix
from microblog.imports.record import (
    NO_ID,
    NO_TIME,
    REPOST,
    THREAD,
    Fields,
    Record,
    Unreadable,
    language,
    records,
    tidy,
    web_address,
    with_pictures,
)

ADDRESS = "https://x.com/i/web/status/"
# What people's own languages are called there when nobody knows: und, and posts of tags or pictures alone.
NO_LANGUAGES = {"und", "qam", "qct", "qht", "qme", "qst", "zxx", "art"}
# By so many characters a long text is told from others.
BEGINNING = 120
MOST_OF_LONG_TEXTS = 32 * 1024**2


Post = dict[str, Any]


class Account:
    """
    Whose archive it is: the id, None if the file does not tell, and the texts of long posts.

    A post has only the beginning of a long text. It is found by the post's id, or by how it begins: long
    texts may have ids of their own.
    """

    def __init__(self, account_id: str | None = None, long_texts: Iterable[tuple[str, str]] = ()):
        self.id = account_id
        self._long_texts: dict[str, str] = {}
        size = 0
        for note_id, text in long_texts:
            self._long_texts[note_id] = self._long_texts[text[:BEGINNING]] = text
            size += len(text)
            if size > MOST_OF_LONG_TEXTS:
                raise BadJSON(N_("There is too much in it."))

    def whole_text(self, post_id: str, text: str) -> str:
        """The long text that *text* of the post *post_id* is the beginning of; otherwise *text*."""
        if len(text) < BEGINNING:
            return text
        return self._long_texts.get(post_id) or self._long_texts.get(text[:BEGINNING]) or text


def read(file: Readable, account: Account, name: str = "tweets.js") -> Iterator[Record]:
    """Yield a ``Record`` for each post in *file*."""
    return records(items_after_prefix(file), lambda value: _fields(value, account), name)


def account_id(items: Iterable[Item]) -> str | None:
    """The id in ``account.js``; None if it has none."""
    found = (_inside(item.value, "account", "accountId") for item in items)
    return next(filter(None, found), None)


def about_me(items: Iterable[Item]) -> str:
    """The description in ``profile.js``; "" if it has none."""
    found = (_inside(item.value, "profile", "description", "bio") for item in items)
    return tidy(html.unescape(next(filter(None, found), "")))


def long_texts(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """Yield ``(id, text)`` of each long post in ``note-tweet.js``."""
    for item in items:
        value = item.value
        note_id = _inside(value, "noteTweet", "tweetId") or _inside(value, "noteTweet", "noteTweetId")
        text = _inside(value, "noteTweet", "noteTweetResults", "text") or _inside(
            value, "noteTweet", "core", "text"
        )
        if note_id and text:
            yield note_id, text


def _inside(value: object, *names: str) -> str | None:
    """The text at the end of the path *names* in nested objects; None if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _fields(value: Any, account: Account) -> Fields:
    post = value.get("tweet", value)
    post_id = post["id_str"]
    if not post_id.isdecimal():
        raise Unreadable(NO_ID)
    answers = _answered(post)
    text = post["full_text"] if "full_text" in post else post["text"]
    media = _media(post)
    return {
        "key": ADDRESS + post_id,
        "body": with_pictures(_text(post, account.whole_text(post_id, text), media), [], len(media)),
        "written_at": _moment(post["created_at"]),
        "language": None if post.get("lang") in NO_LANGUAGES else language(post.get("lang")),
        "url": ADDRESS + post_id,
        "answers": answers,
        # The flag `retweeted` is always false.
        "option": REPOST
        if text.startswith("RT @")
        else THREAD
        if answers and _is_own(post, account)
        else None,
        "pictures": len(media),
    }


def _text(post: Post, text: str, media: list[dict[str, Any]]) -> str:
    for each in (post.get("entities") or {}).get("urls") or ():
        if each.get("url") and web_address(each.get("expanded_url")):
            text = text.replace(each["url"], each["expanded_url"])
    for each in media:
        if each.get("url"):
            text = text.replace(each["url"], "")
    return tidy(html.unescape(text))


def _media(post: Post) -> list[dict[str, Any]]:
    """All pictures and films: ``entities`` has only the first of several."""
    for part in ("extended_entities", "entities"):
        if found := (post.get(part) or {}).get("media"):
            return found
    return []


def _answered(post: Post) -> str | None:
    """The key of the post that this one answers, None if it answers nobody."""
    if not post.get("in_reply_to_user_id_str"):
        return None
    return ADDRESS + (post.get("in_reply_to_status_id_str") or "")


def _is_own(post: Post, account: Account) -> bool:
    """Whether *post* answers the person themselves."""
    return post["in_reply_to_user_id_str"] == account.id


def _moment(text: str) -> int:
    try:
        return in_microseconds(datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y"))
    except ValueError as error:
        raise Unreadable(NO_TIME) from error

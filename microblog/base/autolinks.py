"""Where a URL in a text ends: people put sentences, brackets and other scripts right behind it."""

import re
import unicodedata
from urllib.parse import urlsplit

from microblog.base.text import end_of

SCHEME = re.compile("https?://", re.IGNORECASE)
IPV6 = re.compile(r"\[[0-9a-f:.]+\]", re.IGNORECASE)
IN_HOST = re.compile(r"[\w.-]*")
PORT = re.compile(r":\d{1,5}(?!\d)")
# A user name before the host, as in https://bank.example@evil.example, is there to deceive; so may be a port
# that is none, and the dot of a Chinese or Japanese keyboard, which browsers take for one.
DECEIVES = re.compile(r"[^\s/?#]*@|:\d|．\w")
# Chinese and Japanese punctuation ends it, as do quotation marks of any kind, what cannot be seen and comes
# along with pasted links, and another URL behind a comma.
IN_PATH = re.compile(
    r"(?:(?![,;|]https?://)[^\s<>\"“”‘’«»…\u200b\u200e\u200f\u2060\ufeff\u3000-\u303f"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65])*",
    re.IGNORECASE,
)
BRACKETS = {")": "(", "]": "[", "}": "{"}
TRAILING = ".,;:!?'*_~"
# What ends the name of a site that was written into a text without spaces: no last label has two scripts.
AFTER_ASCII = re.compile(r"(?<=[A-Za-z0-9])[^\x00-\u036f\u1d00-\u1eff\u2c60-\u2c7f\ua720-\ua7ff]")
# Where a name has no dot yet, this stands for one, as browsers read it; else it ends a sentence.
WIDE_DOT = re.compile(r"[。｡][A-Za-z0-9]")


def end_of_url(text: str, start: int) -> int | None:
    """Where the URL that begins at *start* with its scheme ends in *text*; None if it leads nowhere."""
    begin = end_of(SCHEME, text, start)
    end = _end_of_ipv6(text, begin) or _end_of_host(text, begin)
    if port := PORT.match(text, end):
        end = port.end()
    if end == begin or DECEIVES.match(text, end):
        return None
    if "." not in text[begin:end] and WIDE_DOT.match(text, end):
        return None
    if text[end : end + 1] in ("/", "?", "#"):
        end = _without_trailing(text, end, end_of(IN_PATH, text, end))
    return end


def _end_of_ipv6(text: str, begin: int) -> int | None:
    match = IPV6.match(text, begin)
    try:
        return match and urlsplit(f"//{match[0]}") and match.end()
    except ValueError:
        return None


def _end_of_host(text: str, begin: int) -> int:
    end = end_of(IN_HOST, text, begin)
    while end < len(text) and _goes_on(text[end]):
        end = end_of(IN_HOST, text, end + 1)
    last_label = text.rfind(".", begin, end) + 1 or begin
    if other_script := AFTER_ASCII.search(text, max(last_label, begin), end):
        end = other_script.start()
    while end > begin and (text[end - 1] in ".-_" or unicodedata.category(text[end - 1]) == "Cf"):
        end -= 1
    return end


def _goes_on(character: str) -> bool:
    """Whether it may be in a name as well as what Python calls letters: vowel signs, and what joins them."""
    return unicodedata.category(character)[0] == "M" or character in "\u200c\u200d"


def _without_trailing(text: str, begin: int, end: int) -> int:
    """Cut off what belongs to the sentence; keep brackets that are closed within the URL."""
    end = _end_of_brackets(text, begin, end)
    while end > begin and _is_trailing(text[end - 1]):
        end -= 1
    return end


def _end_of_brackets(text: str, begin: int, end: int) -> int:
    """Where a bracket is closed that was opened before the URL, or *end*."""
    opened = dict.fromkeys(BRACKETS.values(), 0)
    for place in range(begin, end):
        character = text[place]
        if character in opened:
            opened[character] += 1
        elif character in BRACKETS:
            if not opened[BRACKETS[character]]:
                return place
            opened[BRACKETS[character]] -= 1
    return end


def _is_trailing(character: str) -> bool:
    if character.isascii():
        return character in TRAILING
    kind = unicodedata.category(character)
    return kind == "Cf" or kind[0] == "P"

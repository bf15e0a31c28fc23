"""
HTML as a stream of tags and texts, in time that grows with its length alone.

``html.parser`` takes minutes for a page of unfinished tags, and raises for some others.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)")
# Possessive: what was passed over is never looked at again.
ATTRIBUTE = re.compile(
    r"""[\s/]*+([^\s/<>="']++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s<>"']++))?+""",
)
END = re.compile(r"[\s/]*+>")
# What browsers read no tags in.
RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "textarea")}


Attributes = dict[str, str]


class Start(NamedTuple):
    name: str
    attributes: Attributes


class End(NamedTuple):
    name: str


Token = Start | End | str


def tokens(text: str) -> Iterator[Token]:
    """Yield a token for each part of *text*, but comments and declarations."""
    place = 0
    while (found := text.find("<", place)) >= 0:
        if found > place:
            yield html.unescape(text[place:found])
        if text.startswith(("<!", "<?"), found):
            place = _behind(text, "-->" if text.startswith("<!--", found) else ">", found)
            continue
        token, place = _tag(text, found)
        yield token
        if isinstance(token, Start) and token.name in RAW:
            close = RAW[token.name].search(text, place)
            place = close.start() if close else len(text)
    if place < len(text):
        yield html.unescape(text[place:])


def _behind(text: str, mark: str, place: int) -> int:
    found = text.find(mark, place)
    return len(text) if found < 0 else found + len(mark)


def _tag(text: str, begin: int) -> tuple[Token, int]:
    """``(token, place behind it)``; what turns out to be no tag is a text, up to where that was seen."""
    match = TAG.match(text, begin)
    if match is None:
        return "<", begin + 1
    attributes: Attributes = {}
    place = match.end()
    while (attribute := ATTRIBUTE.match(text, place)) is not None:
        value = attribute[2] or ""
        attributes.setdefault(attribute[1].lower(), html.unescape(value.strip("\"'")))
        place = attribute.end()
    end = END.match(text, place)
    if end is None:
        return html.unescape(text[begin:place]), place
    name = match[2].lower()
    return (End(name) if match[1] else Start(name, attributes)), end.end()

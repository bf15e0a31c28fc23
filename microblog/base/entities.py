"""
What in a text leads somewhere: URLs, mentions (``@june``) and tags (``#tea``).

Whatever links a text and whatever notes what it names reads it here, so that both agree.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from microblog.base.autolinks import end_of_url
from microblog.base.text import end_of

URL, MENTION, TAG = "url", "mention", "tag"
# In one row of the table of tags, and in the address of a tag's page; longer ones are text.
LONGEST_TAG = 100
# Letters and digits of the scripts that put a space between words: nothing begins or ends next to one.
# Others, such as Chinese, Thai or Korean, put none around a name, or join an ending to it.
SPACED = (
    "0-9A-Za-z_\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u058f\u1c80-\u1fff\u2c00-\u2dff\ua640-\ua7ff\uab30-\uab6f"
    "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
)
# No check for a word boundary before a URL: Chinese and Japanese put no space there. A name may be part of an
# e-mail address, a path or somebody's name elsewhere, such as @june@blog.example and @june.example.
# The first character comes first, and whatever its case is: then a search skips all others at once.
CANDIDATE = re.compile(
    r"[hH@＠#＃](?i:"
    r"(?<=h)(?P<url>ttps?://)"
    rf"|(?<=[@＠])(?<![{SPACED}@＠/].)(?P<mention>[A-Za-z0-9_]{{3,32}})(?![{SPACED}@＠]|[./-][{SPACED}])"
    rf"|(?<=[#＃])(?<![{SPACED}#＃/&].)(?P<tag>\w))"
)
WORD = re.compile(r"\S*")
# What joins the parts of a word in Catalan and Japanese, Persian and Indic scripts, Hebrew and Tibetan.
JOINERS = "·・\u200c\u200d\u05be\u05f3\u05f4\u0f0b"
LETTERS = re.compile(rf"[\w{JOINERS}]*")
# They choose how the sign before them is drawn, and belong to no word.
VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class Entity(NamedTuple):
    """
    From *start* to before *end* of a text.

    *value*: the URL, the name in lower case, or the tag as ``folded`` has it.
    """

    kind: str
    start: int
    end: int
    value: str


def entities(text: str) -> Iterator[Entity]:
    """Yield each Entity of *text*, in order; none is inside of another."""
    if not has_signs(text):
        return
    place = 0
    while match := CANDIDATE.search(text, place):
        entity, place = READERS[match.lastgroup](text, match)
        if entity:
            yield entity


def has_signs(text: str) -> bool:
    """Whether *text* can have any; most have none, and it is said of them in a tenth of the time."""
    wide = not text.isascii() and ("＠" in text or "＃" in text)
    return "@" in text or "#" in text or "://" in text or wide


def named(text: str) -> tuple[list[str], list[str]]:
    """
    Whom and which tags *text* names, two lists in order: names in lower case and tags as ``folded`` has them.

    Nobody may be called so.
    """
    values: dict[str, dict[str, None]] = {MENTION: {}, TAG: {}, URL: {}}
    for entity in entities(text):
        values[entity.kind][entity.value] = None
    return list(values[MENTION]), list(values[TAG])


def folded(word: str) -> str:
    """*word* as tags are compared: in NFC, and without regard to case."""
    if word.isascii():
        return word.lower()
    # The second time for the few letters of which folding makes what composes anew.
    for _time in range(2):
        word = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).casefold())
    return word


def tag_of(text: str) -> str | None:
    """The tag that *text* is, without its sign, as ``folded`` has it; None if it is none."""
    word = "#" + re.sub("^[#＃]", "", text)
    entity = next(entities(word), None)
    return entity.value if entity and entity.kind == TAG and entity[1:3] == (0, len(word)) else None


def _url(text: str, match: re.Match[str]) -> tuple[Entity | None, int]:
    start = match.start()
    end = end_of_url(text, start)
    if end is None:
        # Nothing in it leads anywhere else.
        return None, end_of(WORD, text, start)
    return Entity(URL, start, end, text[start:end]), end


def _mention(text: str, match: re.Match[str]) -> tuple[Entity | None, int]:
    return Entity(MENTION, match.start(), match.end(), match["mention"].lower()), match.end()


def _tag(text: str, match: re.Match[str]) -> tuple[Entity | None, int]:
    end = _end_of_word(text, match.end())
    word = text[match.start() + 1 : end]
    # In Chinese a second sign often closes a tag.
    after = end + (text[end : end + 1] in ("#", "＃"))
    if len(word) > LONGEST_TAG or not any(map(str.isalpha, word)):
        return None, after
    return Entity(TAG, match.start(), end, folded(word)), after


# Each returns the entity, if it is one, and where to go on.
READERS: Mapping[str | None, Callable[[str, re.Match[str]], tuple[Entity | None, int]]] = {
    URL: _url,
    MENTION: _mention,
    TAG: _tag,
}


def _end_of_word(text: str, place: int) -> int:
    """Where the word ends that goes on at *place*: letters, digits, the marks on them, their joiners."""
    begin = place
    place = end_of(LETTERS, text, place)
    while place < len(text) and _is_mark(text[place]):
        place = end_of(LETTERS, text, place + 1)
    while place > begin and text[place - 1] in JOINERS:
        place -= 1
    return place


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" and not VARIATION_SELECTORS.match(character)

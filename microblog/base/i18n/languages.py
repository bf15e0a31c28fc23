"""
The language somebody writes in: a short tag, as used by HTML's ``lang``.

What a tag means and how its language calls itself never changes, and takes Babel 20 to 60 µs; a home page
asks it of every language that a post may be written in. So the latest thousand answers are kept.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

MOST_ACCEPTED = 5
KEPT = 1000


@lru_cache(KEPT)
def tag(text: str | None) -> str | None:
    """The tag of *text*, such as ``es`` or ``zh-Hant``, without a region; None if it names no language."""
    if re.match("(und|root)\\b", text or "", re.IGNORECASE):
        return None
    try:
        locale = Locale.parse(text, sep="-")
        likely = Locale.parse(get_global("likely_subtags").get(locale.language, locale.language))
        # A browser also names the script that goes without saying, as in ``zh-Hans``; the site does not.
        script = None if locale.script == likely.script else locale.script
        return str(Locale(locale.language, script=script)).replace("_", "-")
    except (ValueError, TypeError, UnknownLocaleError):
        # Unknown, a wildcard, or empty.
        return None


def offered(accepted: Sequence[str], spoken: Iterable[str]) -> dict[str, str]:
    """
    The languages to choose from: their own names by tag.

    Those that the browser has *accepted* come first, best first, then those *spoken* on the site.
    """
    tags = map(tag, [*accepted[:MOST_ACCEPTED], *spoken])
    return {tag: own_name(tag) for tag in tags if tag}


@lru_cache(KEPT)
def own_name(tag: str) -> str:
    """The language of *tag* in its own words, such as ``español``; if unknown, in English, or the tag."""
    locale = Locale.parse(tag, sep="-")
    return locale.get_display_name() or locale.get_display_name("en") or tag

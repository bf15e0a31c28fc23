"""Template filters that format sizes, spans of time, browsers and stored texts for the reader."""

import re
from functools import lru_cache

from babel.units import format_unit
from flask_babel import get_locale, gettext, ngettext

from microblog.base.slices import COUNTED

UNITS = (("digital-megabyte", 10**6), ("digital-kilobyte", 10**3))
SPANS = (("duration-day", 86_400), ("duration-hour", 3_600), ("duration-minute", 60), ("duration-second", 1))
# Searched in this order: most browsers also claim to be those further down the list.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
SYSTEMS |= {"CrOS": "ChromeOS", "Linux": "Linux"}

# Short texts: those of what most posts have, in each language.
ANSWERS_KEPT = 1000

# A name and nothing that a mail program would make a link of.
PROGRAM = re.compile(r"[\w -]{0,40}")


def size(size_bytes):
    """``1.3 MB``."""
    for unit, unit_bytes in UNITS:
        if size_bytes >= unit_bytes:
            return format_unit(round(size_bytes / unit_bytes, 1), unit, "short", locale=get_locale())
    return format_unit(size_bytes, "digital-byte", "long", locale=get_locale())


def time_left(left):
    """``about 20 s left``, rounded up; the script's ``phrase`` in cards.js says the same."""
    seconds = max(5, -(-left.total_seconds() // 5) * 5)
    if seconds <= 60:
        return gettext("about %(seconds)d s left", seconds=seconds)
    return ngettext("about %(num)d min left", "about %(num)d min left", int(-(-seconds // 60)))


def seconds(span):
    """``0.25 s``, ``14 s``, ``3.5 min``, ``2 h``: how long *span*, a timedelta, is."""
    count = max(0, span.total_seconds())
    unit, unit_s = next(((unit, unit_s) for unit, unit_s in SPANS if count >= 2 * unit_s), SPANS[-1])
    digits = 2 if count < 1 else 1 if count < 10 * unit_s else 0
    return format_unit(round(count / unit_s, digits), unit, "short", locale=get_locale())


def browser_name(user_agent):
    """Browser and system, such as ``Firefox, Linux``; other programs are named by their first word."""
    names = [
        next((name for mark, name in marks.items() if mark in user_agent), None)
        for marks in (BROWSERS, SYSTEMS)
    ]
    return (
        ", ".join(filter(None, names)) or PROGRAM.match(user_agent)[0].strip() or gettext("Unknown browser")
    )


def stored_text(text):
    """*text*, stored in English, in the reader's language and with its ellipses; it is never markup."""
    return gettext(text).replace("...", "…") if text else ""


def counted(count):
    """``12``; ``999+`` where ``COUNTED`` is reached; the script's ``told`` in polling.js says the same."""
    return count if count < COUNTED else f"{COUNTED - 1}+"


def answers(count):
    """How many answers a post has."""
    return _answers(count, get_locale())


@lru_cache(ANSWERS_KEPT)
def _answers(count, _locale):
    """The same, kept: a page of posts says it of each, and looking up what it is called takes long."""
    if count >= COUNTED:
        return gettext("more than %(number)d answers", number=COUNTED - 1)
    return ngettext("%(num)d answer", "%(num)d answers", count)


FILTERS = (answers, counted, size, seconds, time_left, browser_name, stored_text)

"""
Template filters that format times, sizes, browsers and stored texts for the reader.

Flask-Babel's own for dates know the time zones of pytz only.
"""

import re
from datetime import timedelta
from itertools import groupby

from babel import dates
from babel.units import format_unit
from flask_babel import get_locale, get_timezone, gettext, ngettext

from microblog.base import clock

UNITS = (("digital-megabyte", 10**6), ("digital-kilobyte", 10**3))
# Searched in this order: most browsers also claim to be those further down the list.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}
SYSTEMS |= {"CrOS": "ChromeOS", "Linux": "Linux"}

# A name and nothing that a mail program would make a link of.
PROGRAM = re.compile(r"[\w -]{0,40}")


def by_day(items, attribute="timestamp"):
    """Pairs of a local date and the *items* whose *attribute* falls on that day, in their given order."""
    return [
        (date, list(some))
        for date, some in groupby(items, lambda item: _local(getattr(item, attribute)).date())
    ]


def day_heading(date):
    """``Today``, ``Yesterday``, otherwise the date with its weekday."""
    today = _local(clock.now()).date()
    if date == today:
        return gettext("Today")
    if date == today - timedelta(days=1):
        return gettext("Yesterday")
    return dates.format_skeleton("MMMEd" if date.year == today.year else "yMMMEd", date, locale=get_locale())


def day(moment):
    """``November 29``."""
    return dates.format_skeleton("MMMMd", _local(moment), locale=get_locale())


def whole_day(moment):
    """``November 29, 2026``."""
    return dates.format_date(_local(moment), "long", locale=get_locale())


def clock_time(moment):
    """``14:31``."""
    return f"{_local(moment):%H:%M}"


def when(moment):
    """``today, 14:31``, for the middle of a sentence."""
    date, today = _local(moment).date(), _local(clock.now()).date()
    names = {today: gettext("today"), today - timedelta(days=1): gettext("yesterday")}
    return f"{names.get(date) or day_heading(date)}, {clock_time(moment)}"


def moment(moment):
    """``Sunday, November 29, 2026, 14:31 UTC``."""
    zone = dates.get_timezone_name(_local(moment), "short", locale=get_locale())
    return f"{dates.format_date(_local(moment), 'full', locale=get_locale())}, {clock_time(moment)} {zone}"


def iso(moment):
    """For programs: ``2026-11-22T14:31:00Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def size(size_bytes):
    """``1.3 MB``."""
    for unit, unit_bytes in UNITS:
        if size_bytes >= unit_bytes:
            return format_unit(round(size_bytes / unit_bytes, 1), unit, "short", locale=get_locale())
    return format_unit(size_bytes, "digital-byte", "long", locale=get_locale())


def time_left(left):
    """``about 20 s left``, rounded up; the script's ``phrase`` in time-left.js says the same."""
    seconds = max(5, -(-left.total_seconds() // 5) * 5)
    if seconds <= 60:
        return gettext("about %(seconds)d s left", seconds=seconds)
    return ngettext("about %(num)d min left", "about %(num)d min left", int(-(-seconds // 60)))


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
    """*text*, stored in English, in the reader's language; it is never treated as markup."""
    return gettext(text) if text else ""


def _local(moment):
    return moment.astimezone(get_timezone())


FILTERS = (
    by_day,
    day_heading,
    day,
    whole_day,
    moment,
    clock_time,
    iso,
    size,
    time_left,
    browser_name,
    stored_text,
)

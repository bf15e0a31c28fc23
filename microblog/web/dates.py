"""
Template filters that show when something happened, in the reader's language and time zone.

Until the reader's time zone is known, a time says which one it is in, or the heading of its day does.
Flask-Babel's own filters know the time zones of pytz only.
"""

from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from flask_babel import get_locale, get_timezone, gettext
from markupsafe import Markup, escape

from microblog.base import clock
from microblog.base.i18n.dates import in_words, zone_name
from microblog.web.reader_preferences import known_time_zone


class Day(NamedTuple):
    """*heading*, an element that names a local date, and *entries*: pairs of a time element and an item."""

    heading: str
    entries: list


def by_day(items, attribute="timestamp", classes=None):
    """*items* as a list of Days, in their given order; *attribute* is when each of them happened."""
    elements = _Elements()
    moments = [getattr(item, attribute) for item in items]
    timed = zip(moments, map(elements.local, moments), items, strict=True)
    return [
        Day(
            elements.heading(date),
            [(elements.of(moment, local, classes), item) for moment, local, item in some],
        )
        for date, some in groupby(timed, lambda one: one[1].date())
    ]


def time_element(moment, classes=None):
    """An element that shows the time of day, and tells programs and a pointer that rests on it the moment."""
    elements = _Elements()
    return elements.of(moment, elements.local(moment), classes, alone=True)


class _Elements:
    """
    The time elements of one page.

    The reader's time zone and language are looked up once; so is what the times of one day have in common.
    """

    def __init__(self):
        self._zone, self._locale = get_timezone(), get_locale()
        self._today = self.local(clock.now()).date()
        self._zone_is_known = known_time_zone() is not None
        self._zone_note = "" if self._zone_is_known else f" · {escape(self._zone)}"
        self._common = {}

    def local(self, moment):
        return moment.astimezone(self._zone)

    def heading(self, date):
        name = escape(day_heading(date, self._today, self._locale))
        # The rest are numbers, and a name that is escaped.
        return Markup(f'<time datetime="{date}">{name}</time>{self._zone_note}')  # noqa: S704

    def of(self, moment, local, classes, alone=False):
        """The element for *moment*, in UTC, which is *local* here; *alone*: without a day's heading."""
        named = f' class="{classes}"' if classes else ""
        time, (date, zone) = _clock_time(local), self._words(local)
        said = f"{time} {zone}" if alone and not self._zone_is_known else time
        return Markup(  # noqa: S704 - the rest are numbers
            f'<time{named} datetime="{iso(moment)}" title="{date}, {time} {zone}">{said}</time>'
        )

    def _words(self, local):
        key = local.date(), local.utcoffset(), local.dst()
        if key not in self._common:
            date, zone = in_words(local.date(), "full", self._locale), zone_name(local, self._locale)
            self._common[key] = escape(date), escape(zone)
        return self._common[key]


def day_heading(date, today, locale):
    """``Today``, ``Yesterday``, otherwise the date with its weekday."""
    if date == today:
        return gettext("Today")
    if date == today - timedelta(days=1):
        return gettext("Yesterday")
    return in_words(date, "MMMEd" if date.year == today.year else "yMMMEd", locale)


def day(moment):
    """``November 29``."""
    return in_words(_local(moment).date(), "MMMMd", get_locale())


def whole_day(moment):
    """``November 29, 2026``."""
    return in_words(_local(moment).date(), "long", get_locale())


def clock_time(moment):
    """``14:31``, or ``14:31 UTC`` if the reader's zone is not known."""
    local = _local(moment)
    time = _clock_time(local)
    return time if known_time_zone() else f"{time} {zone_name(local, get_locale())}"


def when(moment):
    """``today, 14:31``, for the middle of a sentence."""
    date, today = _local(moment).date(), _local(clock.now()).date()
    names = {today: gettext("today"), today - timedelta(days=1): gettext("yesterday")}
    return f"{names.get(date) or day_heading(date, today, get_locale())}, {clock_time(moment)}"


def moment(moment):
    """``Sunday, November 29, 2026, 14:31 UTC``."""
    local, locale = _local(moment), get_locale()
    return f"{in_words(local.date(), 'full', locale)}, {_clock_time(local)} {zone_name(local, locale)}"


def iso(moment):
    """For programs: ``2026-11-22T14:31:00Z``; *moment* is in UTC."""
    return f"{moment.isoformat()[:19]}Z"


def _local(moment):
    return moment.astimezone(get_timezone())


def _clock_time(local):
    return f"{local.hour:02}:{local.minute:02}"


FILTERS = (by_day, day, whole_day, moment, clock_time, iso, time_element)

"""
Dates and time zones in the words of a language, kept once they were formatted.

Babel looks up the pattern of a date and fills it in for 15 to 30 µs, and a page of 25 posts says of each when
it was written. They come from few days. What a day is called depends on the day and the language alone, so
nothing that is kept goes stale; the least recently used is dropped, so that memory stays flat.
"""

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, dates

# Ten years of days in one language and form; an entry takes 300 bytes.
KEPT = 4000
STYLES = {"full", "long", "medium", "short"}


@lru_cache(KEPT)
def in_words(day: date, form: str, locale: Locale) -> str:
    """*day* in a style of Babel's, such as ``long``, or with the fields that *form* names: ``MMMEd``."""
    if form in STYLES:
        return dates.format_date(day, form, locale=locale)
    return dates.format_skeleton(form, day, locale=locale)


def zone_name(local: datetime, locale: Locale) -> str:
    """The short name of the time zone of *local*, an aware time, at that time: ``UTC``, ``+0100``."""
    assert isinstance(local.tzinfo, ZoneInfo)
    return _zone_name(local.tzinfo.key, local.utcoffset(), local.dst(), locale)


@lru_cache(KEPT)
def _zone_name(key: str, offset: timedelta | None, daylight_saving: timedelta | None, locale: Locale) -> str:
    at_any_time = datetime(2000, 1, 1, tzinfo=_Constant(key, offset, daylight_saving))
    return dates.get_timezone_name(at_any_time, "short", locale=locale)


class _Constant(tzinfo):
    """The time zone *key* as if the difference to UTC had always been *offset*."""

    def __init__(self, key: str, offset: timedelta | None, daylight_saving: timedelta | None):
        self.key, self._offset, self._daylight_saving = key, offset, daylight_saving

    def utcoffset(self, _moment: datetime | None) -> timedelta | None:
        return self._offset

    def dst(self, _moment: datetime | None) -> timedelta | None:
        return self._daylight_saving

    def tzname(self, _moment: datetime | None) -> str:
        return self.key

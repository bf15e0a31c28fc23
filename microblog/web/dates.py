"""
Template filters that show when something happened, in the reader's language and time zone.

Flask-Babel's own know the time zones of pytz only.
"""

from datetime import timedelta
from itertools import groupby

from flask_babel import get_locale, get_timezone, gettext
from markupsafe import Markup, escape

from microblog.base import clock
from microblog.base.i18n.dates import in_words, zone_name


def by_day(items, attribute="timestamp"):
    """Pairs of a local date and the *items* whose *attribute* falls on that day, in their given order."""
    zone = get_timezone()
    return [
        (date, list(some))
        for date, some in groupby(items, lambda item: getattr(item, attribute).astimezone(zone).date())
    ]


def day_heading(date):
    """``Today``, ``Yesterday``, otherwise the date with its weekday."""
    today = _local(clock.now()).date()
    if date == today:
        return gettext("Today")
    if date == today - timedelta(days=1):
        return gettext("Yesterday")
    return in_words(date, "MMMEd" if date.year == today.year else "yMMMEd", get_locale())


def day(moment):
    """``November 29``."""
    return in_words(_local(moment).date(), "MMMMd", get_locale())


def whole_day(moment):
    """``November 29, 2026``."""
    return in_words(_local(moment).date(), "long", get_locale())


def clock_time(moment):
    """``14:31``."""
    return _clock_time(_local(moment))


def when(moment):
    """``today, 14:31``, for the middle of a sentence."""
    date, today = _local(moment).date(), _local(clock.now()).date()
    names = {today: gettext("today"), today - timedelta(days=1): gettext("yesterday")}
    return f"{names.get(date) or day_heading(date)}, {clock_time(moment)}"


def moment(moment):
    """``Sunday, November 29, 2026, 14:31 UTC``."""
    return _moment(_local(moment))


def iso(moment):
    """For programs: ``2026-11-22T14:31:00Z``; *moment* is in UTC."""
    return f"{moment.isoformat()[:19]}Z"


def time_element(moment, classes=None):
    """An element that shows the time of day, and tells programs and a pointer that rests on it the moment."""
    local = _local(moment)
    named = f' class="{classes}"' if classes else ""
    title = escape(_moment(local))
    return Markup(  # noqa: S704 - the rest are numbers
        f'<time{named} datetime="{iso(moment)}" title="{title}">{_clock_time(local)}</time>'
    )


def _local(moment):
    return moment.astimezone(get_timezone())


def _clock_time(local):
    return f"{local.hour:02}:{local.minute:02}"


def _moment(local):
    locale = get_locale()
    return f"{in_words(local.date(), 'full', locale)}, {_clock_time(local)} {zone_name(local, locale)}"


FILTERS = (by_day, day_heading, day, whole_day, moment, clock_time, iso, time_element)

"""What is kept is what Babel says, for every language of the site, time zone, summer and winter."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel import Locale, dates

from microblog.base.i18n.dates import in_words, zone_name

LANGUAGES = [Locale.parse(language) for language in ("en", "es", "zh")]
# Summer and winter on both halves of the globe, and when many zones were not what they are now.
MOMENTS = [
    datetime(2026, 1, 5, 12, tzinfo=UTC),
    datetime(2026, 7, 5, tzinfo=UTC),
    datetime(2008, 3, 30, tzinfo=UTC),
]


@pytest.mark.parametrize("locale", LANGUAGES, ids=str)
def test_the_name_of_a_zone(locale):
    for name in available_timezones():
        for moment in MOMENTS:
            local = moment.astimezone(ZoneInfo(name))

            assert zone_name(local, locale) == dates.get_timezone_name(local, "short", locale=locale), name


@pytest.mark.parametrize("locale", LANGUAGES, ids=str)
@pytest.mark.parametrize("form", ["full", "long"])
def test_a_date_in_a_style(locale, form):
    for day in _days():
        assert in_words(day, form, locale) == dates.format_date(day, form, locale=locale)


@pytest.mark.parametrize("locale", LANGUAGES, ids=str)
@pytest.mark.parametrize("fields", ["MMMEd", "yMMMEd", "MMMMd"])
def test_a_date_of_some_fields(locale, fields):
    for day in _days():
        assert in_words(day, fields, locale) == dates.format_skeleton(fields, day, locale=locale)


def _days():
    return [date(2026, 1, 1) + timedelta(days=17 * number) for number in range(30)]

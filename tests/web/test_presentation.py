from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from microblog.base import clock
from microblog.base.i18n import site_languages
from microblog.base.identicon import identicon
from microblog.web import dates

MOMENT = datetime(2026, 11, 22, 14, 31, 5, tzinfo=UTC)


@pytest.fixture
def shown(app):
    """A function that renders *template* for a reader with the given cookies."""

    def shown(template, cookies="", **values):
        with app.test_request_context("/", headers={"Cookie": app.config["COOKIE_PREFIX"] + cookies}):
            return app.jinja_env.from_string(template).render(**values)

    return shown


@pytest.mark.parametrize(
    ("cookie", "time"),
    [
        ("", "14:31 UTC"),
        ("tz=UTC", "14:31"),
        ("tz=Europe/Madrid", "15:31"),
        ("tz=Asia/Kathmandu", "20:16"),
        ("tz=America/St_Johns", "11:01"),
        ("tz=nonsense", "14:31 UTC"),
        ("tz=../../../etc/passwd", "14:31 UTC"),
        ("tz=/etc/passwd", "14:31 UTC"),
        ("tz=America", "14:31 UTC"),
        ("tz=", "14:31 UTC"),
        ("tz=%00", "14:31 UTC"),
        (f"tz={'x' * 3000}", "14:31 UTC"),
    ],
)
def test_times_are_the_readers_own(shown, cookie, time):
    assert shown("{{ moment|clock_time }}", cookie, moment=MOMENT) == time


def test_a_time_says_exactly_when_to_those_who_ask(shown):
    assert shown("{{ moment|iso }}", moment=MOMENT) == "2026-11-22T14:31:05Z"
    assert "November 22, 2026" in shown("{{ moment|moment }}", moment=MOMENT)


def test_a_time_that_stands_alone_says_its_zone_until_the_readers_is_known(shown):
    template = "{{ moment|time_element|striptags }}"

    assert shown(template, moment=MOMENT) == "14:31 UTC"
    assert shown(template, "tz=Asia/Tokyo", moment=MOMENT) == "23:31"


def test_days_have_names(shown, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: MOMENT)
    events = [SimpleNamespace(at=MOMENT - timedelta(days=days)) for days in (0, 1, 2, 400)]
    template = "{% for day in events|by_day('at') %}{{ day.heading|striptags }}|{% endfor %}"

    days = ["Today", "Yesterday", "Fri, Nov 20", "Sat, Oct 18, 2025"]
    assert shown(template, "tz=UTC", events=events) == "".join(f"{day}|" for day in days)
    assert shown(template, events=events) == "".join(f"{day} · UTC|" for day in days)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["today, 14:31 UTC", "yesterday, 14:31 UTC", "Fri, Nov 20, 14:31 UTC"]),
        ("es", ["hoy, 14:31 UTC", "ayer, 14:31 UTC", "vie, 20 nov, 14:31 UTC"]),
        ("zh", ["今天, 14:31 UTC", "昨天, 14:31 UTC", "11月20日周五, 14:31 UTC"]),
    ],
)
def test_a_day_in_the_middle_of_a_sentence_has_no_capital(app, monkeypatch, language, said):
    monkeypatch.setattr(clock, "now", lambda: MOMENT)
    with app.test_request_context("/", headers={"Accept-Language": language}):
        assert [dates.when(MOMENT - timedelta(days=days)) for days in (0, 1, 2)] == said


@pytest.mark.parametrize("language", ["en", "es", "zh"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu"])
def test_a_time_among_others_is_drawn_as_if_it_were_alone(app, language, zone):
    # Around midnight, and around the hour that comes twice in autumn.
    minutes = [
        datetime(2026, 10, 24, 18, tzinfo=UTC) + timedelta(minutes=25 * number) for number in range(40)
    ]
    with app.test_request_context(
        "/", headers={"Accept-Language": language, "Cookie": f"{app.config['COOKIE_PREFIX']}tz={zone}"}
    ):
        days = dates.by_day([SimpleNamespace(timestamp=moment) for moment in minutes])
        drawn = [str(time) for day in days for time, _item in day.entries]

        assert drawn == [str(dates.time_element(moment)) for moment in minutes]
        assert all(dates.moment(moment) in time for moment, time in zip(minutes, drawn, strict=True))
        assert len(days) > 1


def test_the_day_begins_at_the_readers_midnight(shown, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: MOMENT)
    late = type("Post", (), {"timestamp": datetime(2026, 11, 21, 20, 0, tzinfo=UTC)})
    template = "{% for day in posts|by_day %}{{ day.heading|striptags }}{% endfor %}"

    assert shown(template, posts=[late]) == "Yesterday · UTC"
    assert shown(template, "tz=Asia/Tokyo", posts=[late]) == "Today"


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (90_940, "90.9 kB"),
        (1_300_000, "1.3 MB"),
    ],
)
def test_sizes(shown, size_bytes, said):
    assert shown("{{ size|size }}", size=size_bytes) == said


def test_numbers(shown):
    assert shown("{{ 5214|decimalformat }}") == "5,214"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "about 5 s left"),
        (18, "about 20 s left"),
        (60, "about 60 s left"),
        (61, "about 2 min left"),
        (600, "about 10 min left"),
    ],
)
def test_time_left_is_rounded_up(shown, seconds, said):
    assert shown("{{ left|time_left }}", left=timedelta(seconds=seconds)) == said


def test_stored_texts_are_never_markup_nor_a_format(shown, app):
    template = app.jinja_env.overlay(autoescape=True).from_string("{{ text|stored_text }}")

    with app.test_request_context():
        assert template.render(text="<b>100 % of %(x)s") == "&lt;b&gt;100 % of %(x)s"
        assert template.render(text="") == ""


@pytest.mark.parametrize(
    ("cookie", "theme"),
    [("", "system"), ("theme=dark", "dark"), ("theme=light", "light"), ('theme="><script>', "system")],
)
def test_a_preference_is_one_of_those_offered(shown, cookie, theme):
    assert shown('{{ preference("theme") }}', cookie) == theme


def test_only_languages_with_a_catalogue_are_spoken(app):
    with app.test_request_context(headers={"Accept-Language": "xx, tlh;q=0.9"}):
        assert str(site_languages.of_request()) == "en"


def test_identicons_can_be_drawn_by_templates(shown):
    assert shown("{{ 'susan'|identicon }}") == identicon("susan")

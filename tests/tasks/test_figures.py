from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.tasks import figures
from microblog.tasks.task import Task

NOW = clock.now()


def ended(kind, state, asked_ago, waited_s, ran_s):
    created_at = NOW - asked_ago
    started_at = created_at + timedelta(seconds=waited_s)
    Task.create(
        name=kind,
        description="x",
        state=state,
        progress=100 if state == "succeeded" else 0,
        error="broken" if state == "failed" else None,
        created_at=created_at,
        started_at=started_at,
        finished_at=started_at + timedelta(seconds=ran_s),
    )


@pytest.fixture
def rows(app):
    for number in range(1, 21):
        ended("example", "succeeded", timedelta(hours=2, minutes=1), waited_s=number, ran_s=10 * number)
    ended("example", "failed", timedelta(minutes=1), waited_s=0, ran_s=0)
    ended("nightly", "succeeded", timedelta(days=2), waited_s=3, ran_s=4)


def test_each_kind_is_counted_with_the_times_of_what_has_ended(rows):
    [day] = figures.of_kinds(timedelta(days=1))
    month = figures.of_kinds(timedelta(days=30))

    assert (day.kind, day.count, day.failed) == ("example", 21, 1)
    assert [part.total_seconds() for part in (*day.waited, *day.ran)] == [10, 19, 100, 190]
    assert [one.kind for one in month] == ["example", "nightly"]
    assert [part.total_seconds() for part in (*month[1].waited, *month[1].ran)] == [3, 3, 4, 4]


def test_the_last_day_is_counted_by_the_hour(rows):
    hours = figures.of_hours()

    assert [hour.ago for hour in hours] == list(reversed(range(24)))
    assert {hour.ago: hour[1:] for hour in hours if any(hour[1:])} == {2: (20, 0), 0: (0, 1)}


def test_figures_read_no_row_that_they_do_not_count(app, plan):
    [step] = plan(figures._ended("a", "failed", clock.now()))

    assert "task_name_state_created_at (name=? AND state=? AND created_at>?)" in step


def test_figures_count_no_further_than_they_say(rows, monkeypatch):
    monkeypatch.setattr(figures, "COUNTED", 7)

    [day] = figures.of_kinds(timedelta(days=1))

    assert (day.count, day.failed) == (8, 1)
    assert {hour.ago: hour[1:] for hour in figures.of_hours() if any(hour[1:])} == {2: (7, 0), 0: (0, 1)}
    assert ("nightly", "succeeded", 1) in figures.counts()

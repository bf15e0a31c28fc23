import re
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.tasks.task import Task


@pytest.fixture
def sixty(susan):
    """Sixty ended tasks of susan's, a minute apart, oldest first."""
    now = clock.now()
    rows = [
        {
            "name": "export_posts",
            "description": "x",
            "user": susan,
            "state": "cancelled",
            "created_at": now - timedelta(minutes=60 - n),
            "finished_at": now,
        }
        for n in range(60)
    ]
    Task.insert_many(rows).execute()
    return list(Task.select().order_by(Task.created_at))


def references(page):
    return re.findall(r"Reference (\w{8})", page)


def link(page, rel):
    [address] = re.findall(rf'rel="{rel}" href="([^"]*)"', page)
    return f"/admin/tasks/all{address.replace('&amp;', '&')}"


def test_the_list_goes_on_by_cursor_and_back_and_keeps_its_filter(office, sixty):
    wanted = [task.reference for task in reversed(sixty)]
    address, pages = "/admin/tasks/all?state=cancelled&person=susan", []
    for _ in range(3):
        pages.append(office.get(address).text)
        if len(pages) < 3:
            address = link(pages[-1], "next")

    assert [reference for page in pages for reference in references(page)] == wanted
    assert "state=cancelled" in address
    assert references(office.get(link(pages[2], "prev")).text) == references(pages[1])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=cancelled", 25),
        ("state=failed", 0),
        ("state=nonsense", 25),
        ("kind=export_posts", 25),
        ("kind=other", 0),
        ("person=SUSAN", 25),
        ("person=nobody", 0),
        ("since=2000-01-01", 25),
        ("until=2000-01-01", 0),
        ("since=9999-12-31", 25),
        ("since=0001-01-01&until=x", 25),
        ("before=gone", 25),
        ("after=gone", 25),
        ("state=%00&kind=%ff", 0),
    ],
)
def test_the_filter_in_the_address_is_what_is_shown(office, sixty, query, count):
    response = office.get(f"/admin/tasks/all?{query}")

    assert response.status_code == 200
    assert len(references(response.text)) == count

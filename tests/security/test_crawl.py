"""Two members and a stranger follow every link and guess every address: none sees what is another's."""

import re
from html import unescape

import pytest

from tests.security.conftest import MARK
from tests.security.test_routes import ROWS, address

MOST_PAGES = 400


def crawl(browser, first):
    """Every page of the site that can be reached from the addresses *first*, by its address."""
    waiting, seen = list(first), {}
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop()
        if path in seen or path.startswith("/static/"):
            continue
        answer = browser.get(path, buffered=True)
        seen[path] = answer.get_data()
        links = re.findall(r'(?:href|data-\w+|src)="(/[^"#]*)', answer.get_data().decode(errors="replace"))
        waiting += [unescape(link) for link in links] + ([answer.location] if answer.location else [])
    return seen


@pytest.mark.parametrize("visitor", ["nobody", "john"])
def test_nobody_meets_what_is_another_members(site, visitor):
    guessed = [address(site, route) for method, route, *_ in ROWS if method == "GET"]

    pages = crawl(site.visitors[visitor], ["/", *guessed])

    assert len(pages) > 50
    assert [path for path, page in pages.items() if MARK.encode() in page] == []


def test_no_program_of_another_member_meets_it_either(site):
    headers = {"Authorization": f"Bearer {site.secrets['john']}"}
    guessed = [address(site, route) for method, route, *_ in ROWS if method == "GET" and "/api" in route]

    pages = {path: site.app.test_client().get(path, headers=headers, buffered=True).text for path in guessed}

    assert [path for path, page in pages.items() if MARK in page] == []


def test_the_owner_does_meet_it(site):
    pages = crawl(site.browsers["susan"], ["/"])

    marked = {path for path, page in pages.items() if MARK.encode() in page}
    assert {"/messages", "/account", f"/tasks/{site.task.id}/download"} <= marked


@pytest.mark.parametrize("visitor", ["nobody", "john", "susan", "mary"])
def test_an_address_is_shown_to_its_owner_and_the_administrator_only(site, visitor):
    pages = crawl(site.visitors[visitor], ["/", "/user/susan", "/user/john", "/admin/users"])

    shown = set(re.findall(rb"[\w-]+@example\.org", b"".join(pages.values())))
    own = {"susan": {MARK.encode() + b"@example.org"}, "john": {b"john@example.org"}}
    assert visitor == "mary" or shown <= own.get(visitor, set())

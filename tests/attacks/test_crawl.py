"""Two members and a stranger follow every link and guess every URL: none sees what belongs to another."""

import re
from html import unescape

import pytest

from microblog.models import Message
from tests.attacks.conftest import MARKS
from tests.attacks.test_routes import ROWS, address

MOST_PAGES = 400


def crawl(browser, first):
    """Every page of the site that can be reached from the URLs *first*, by its URL."""
    waiting, seen = list(first), {}
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop()
        if path in seen or path.startswith("/static/"):
            continue
        response = browser.get(path, buffered=True)
        seen[path] = response.get_data()
        links = re.findall(r'(?:href|data-\w+|src)="(/[^"#]*)', response.get_data().decode(errors="replace"))
        waiting += [unescape(link) for link in links] + ([response.location] if response.location else [])
    return seen


@pytest.fixture(params=[("nobody", "susan"), ("nobody", "john"), ("john", "susan"), ("susan", "john")])
def pair(request):
    """Who crawls, and whose things must not be seen."""
    return request.param


@pytest.mark.asvs("8.2.2")
def test_nobody_meets_what_is_another_members(site, pair):
    visitor, owner = pair
    guessed = [address(site, route, owner) for method, route, *_ in ROWS if method == "GET"]

    pages = crawl(site.visitors[visitor], ["/", *guessed])

    assert len(pages) > 50
    assert [path for path, page in pages.items() if MARKS[owner].encode() in page] == []


@pytest.mark.asvs("8.2.2")
def test_no_program_of_another_member_meets_it_either(site, pair):
    visitor, owner = pair
    secret = site.secrets.get(visitor)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    guessed = [
        address(site, route, owner) for method, route, *_ in ROWS if method == "GET" and "/api" in route
    ]

    pages = {path: site.app.test_client().get(path, headers=headers, buffered=True).text for path in guessed}

    assert [path for path, page in pages.items() if MARKS[owner] in page] == []


@pytest.mark.parametrize("owner", MARKS)
def test_the_owner_does_meet_it(site, owner):
    pages = crawl(site.browsers[owner], ["/"])

    marked = {path for path, page in pages.items() if MARKS[owner].encode() in page}
    everywhere = {"/messages", "/messages/mary", "/settings/account", "/settings/programs", "/tasks"}
    assert everywhere | {f"/tasks/{site.of[owner].task.id}/download"} <= marked


@pytest.mark.parametrize("owner", MARKS)
def test_so_does_a_program_of_the_owner(site, owner):
    headers = {"Authorization": f"Bearer {site.secrets[owner]}"}
    task = f"/api/exports/{site.of[owner].task.id}"

    own = (
        "/api/messages",
        "/api/messages/sent",
        "/api/threads",
        "/api/users/mary/messages",
        "/api/tasks",
        "/api/tokens",
    )
    for path in (*own, task, f"{task}/file", f"{task}/archive"):
        page = site.app.test_client().get(path, headers=headers, buffered=True).text
        assert MARKS[owner] in page, path


@pytest.mark.parametrize("owner", MARKS)
def test_messages_are_nowhere_any_more_for_who_has_deleted_them(site, owner):
    """Their pages, and what their programs read; whoever they wrote with keeps them."""
    of = site.of[owner]
    written = [f"{of.mark} message", f"{of.mark} answer"]
    headers = {"Authorization": f"Bearer {site.secrets[owner]}"}

    def met(browser, name):
        pages = crawl(browser, ["/", f"/messages/{name}"])
        return {path for path, page in pages.items() if any(text.encode() in page for text in written)}

    assert met(site.browsers[owner], "mary")
    Message.delete_thread(of.user, site.mary, Message.between(of.user, site.mary).first().id)

    assert met(site.browsers[owner], "mary") == set()
    assert met(site.visitors["mary"], owner)
    for method, route, *_ in ROWS:
        if method == "GET" and "/api" in route:
            for other in (owner, "mary"):
                path = address(site, route, owner).replace(f"/users/{owner}", f"/users/{other}")
                answer = site.app.test_client().get(path, headers=headers, buffered=True)
                assert not any(text in answer.text for text in written), path


@pytest.mark.parametrize("visitor", ["nobody", "john", "susan", "mary"])
@pytest.mark.asvs("15.3.1")
def test_an_address_is_shown_to_its_owner_and_the_administrator_only(site, visitor):
    pages = crawl(site.visitors[visitor], ["/", "/user/susan", "/user/john", "/admin/users"])

    shown = set(re.findall(r"[\w-]+@example\.org", b"".join(pages.values()).decode(errors="replace")))
    own = {name: {f"{mark}@example.org"} for name, mark in MARKS.items()}
    if visitor == "mary":
        assert shown >= own["susan"] | own["john"]
    else:
        assert shown <= own.get(visitor, set())

"""Every route whose address names a person, asked for by the name that they had before."""

import re

import pytest

from microblog.base import clock
from microblog.models import Block, User
from tests.attacks.test_routes import ROWS, VISITORS, address, ask, check_all, outcome

NEW = "renamed_one"


@pytest.fixture(autouse=True)
def routes(site):
    """The rows of the table whose route names a person."""
    parts = {part for _method, route, *_ in ROWS for part in re.findall(r"<(?:\w+:)?(\w+)>", route)}
    people = {part for part in parts if address(site, f"<{part}>", "john") == "john"}
    assert people == {"username", "recipient", "user"}
    return [row for row in ROWS if people & set(re.findall(r"<(\w+)>", row[1]))]


def rename():
    User.update(username=NEW).where(User.username == "susan").execute()


def led(site, visitor, response):
    """The answer at the end, and of each step before: where it led, and who may keep it."""
    ways = []
    while response.status_code == 308:
        ways.append((response.location, response.headers["Cache-Control"]))
        response = site.visitors[visitor].get(response.location, buffered=True)
    return response, ways


def test_pages_lead_to_the_new_name_and_forms_do_what_they_would(site, routes):
    def check(visitor, method, route, expected):
        rename()

        response, ways = led(site, visitor, ask(site, visitor, method, route))

        # The usual path of a feed leads to the feed.
        assert outcome(response) == ("200" if expected == "308" else expected)
        if method == "GET" and "/api" not in route and expected not in ("login", "404"):
            assert NEW in ways[-1][0]
            assert "no-store" in ways[-1][1]

    assert len(routes) > 20
    cases = [
        (visitor, method, route, expected)
        for method, route, *all_expected in routes
        for visitor, expected in zip(VISITORS, all_expected, strict=True)
    ]
    check_all(site, cases, check)


def test_the_query_goes_along(site):
    rename()

    assert ask(site, "nobody", "GET", "/user/SUSAN?before=9").location == f"/user/{NEW}?before=9"


def suspend(site):
    User.update(suspended_at=clock.now()).where(User.id == site.susan.id).execute()


def block_john(site):
    Block.add(site.susan, site.john)


@pytest.mark.parametrize("hide", [suspend, block_john], ids=["suspended", "blocks john"])
@pytest.mark.asvs("8.2.2")
def test_nobody_learns_the_new_name_of_whoever_hides_from_them(site, routes, hide):
    def check(visitor, method, route):
        rename()
        hide(site)

        response, ways = led(site, visitor, ask(site, visitor, method, route))

        assert outcome(response) in ("404", "login", "401")
        assert NEW not in f"{ways} {response.headers} {response.text}"

    visitors = ("nobody", "john") if hide is suspend else ("john",)
    # Feeds and drawn pictures are the same for everybody, also for who is not signed in.
    alike = ("/feed", "/preview.png")
    asked = [row[:2] for row in routes if hide is suspend or not any(part in row[1] for part in alike)]
    check_all(site, [(visitor, *row) for visitor in visitors for row in asked], check)


def test_administrators_and_whoever_has_blocked_them_are_led(site):
    rename()
    Block.add(site.john, site.susan)
    assert NEW in ask(site, "john", "GET", "/user/<username>").location
    assert ask(site, "john", "POST", "/unblock/<username>").status_code == 302

    suspend(site)

    assert NEW in ask(site, "mary", "GET", "/user/<username>").location


def test_a_site_for_members_only_tells_strangers_no_name(site, routes, monkeypatch):
    monkeypatch.setitem(site.app.config, "PUBLIC", False)

    def check(method, route):
        rename()

        response, ways = led(site, "nobody", ask(site, "nobody", method, route))

        assert outcome(response) in ("login", "401")
        assert NEW not in f"{ways} {response.headers} {response.text}"

    check_all(site, [row[:2] for row in routes], check)


def test_a_message_that_was_begun_before_arrives(site):
    page = site.browsers["john"].get("/messages/susan").text
    [action] = re.findall(r'action="(/send_message/[^"]*)"', page)
    rename()

    response = site.browsers["john"].post_form(action, message="hello, still susan?")

    assert response.location == f"/messages/{NEW}"
    assert "hello, still susan?" in site.browsers["susan"].get("/messages/john").text

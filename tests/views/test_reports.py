"""Reporting a post, and what administrators read of it and do about it."""

import re

import pytest

from microblog import accounts
from microblog.models import Block, NewsItem, Post, Report, User
from microblog.models.news import unread_and_cursor
from microblog.security import security_log
from tests.conftest import PASSWORD, is_signed_in, make_user


@pytest.fixture
def post(john, write_posts):
    return write_posts(john, "words of john")[0]


@pytest.fixture
def report(browser, susan, post, admin):
    """The report that susan has made of john's post."""
    browser.post_form(f"/post/{post.id}/report", reason="it is <unkind>")
    return Report.get()


def told(user):
    """What the news tell *user* of reports, and how many lines are unread."""
    return [item.post_id for item in NewsItem.of(user) if item.kind == "report"], unread_and_cursor(user)[1]


def without_tokens(response):
    """The text of a page, but for what its forms have anew each time."""
    return re.sub(r'name="(csrf_token|once)" value="[^"]*"', "", response.text)


# Whoever reports


def test_a_post_is_reported_once_and_its_author_does_not_learn_of_it(browser, office, post, sign_in, john):
    page = browser.get(f"/post/{post.id}").text
    assert f'href="/post/{post.id}/report"' in page
    assert 'name="reason"' in browser.get(f"/post/{post.id}/report").text
    johns = sign_in(john)
    paths = ("/news", "/notifications", "/user/john", f"/post/{post.id}")
    before = [without_tokens(johns.get(path)) for path in paths]

    for reason in ("it is unkind", "again"):
        response = browser.post_form(f"/post/{post.id}/report", reason=reason)
        assert response.location == f"/post/{post.id}"

    assert [(row.reporter.username, row.reason) for row in Report.select()] == [("susan", "it is unkind")]
    assert 'name="reason"' not in browser.get(f"/post/{post.id}/report").text
    assert [without_tokens(johns.get(path)) for path in paths] == before
    assert f"/post/{post.id}/report" not in johns.get(f"/post/{post.id}").text
    assert johns.post_form(f"/post/{post.id}/report").status_code == 409


def test_a_reason_that_is_too_long_is_kept_in_the_form(browser, office, post):
    response = browser.post_form(f"/post/{post.id}/report", reason="<" * 141)

    assert response.status_code == 422
    assert "&lt;" * 141 in response.text
    assert "That is 1 character too many" in response.text
    assert Report.select().count() == 0


def test_the_form_of_a_dialog_leads_back_to_the_page_below(browser, office, post):
    response = browser.post_form(f"/post/{post.id}/report", reason="", next="/explore?before=9")

    assert response.location == "/explore?before=9"


def test_somebody_reports_at_most_twenty_times_an_hour(app, browser, office, john, write_posts, monkeypatch):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    posts = write_posts(john, *(f"words {number}" for number in range(21)))

    answers = [browser.post_form(f"/post/{post.id}/report").status_code for post in posts]

    assert answers == [302] * 20 + [429]


def test_what_nobody_else_would_read_is_not_taken(browser, admin, write_posts):
    [post] = write_posts(admin, "words of mary")
    assert 'name="reason"' not in browser.get(f"/post/{post.id}/report").text
    assert browser.post_form(f"/post/{post.id}/report").status_code == 409

    make_user("anne", is_admin=True)

    assert browser.post_form(f"/post/{post.id}/report").status_code == 302


# Administrators


def test_administrators_read_who_reported_what_and_why(office, report, post):
    page = office.get("/admin/reports").text

    assert "Reports (1)" in office.get("/admin/users").text
    assert "words of john" in page
    assert "it is &lt;unkind&gt;" in page
    assert 'href="/user/susan"' in page
    assert told(User.named("mary")) == ([post.id], 1)
    assert "Somebody has reported this" in office.get("/news").text


def test_an_administrator_learns_nothing_of_reports_about_their_own_posts(
    browser, office, admin, sign_in, write_posts
):
    [post] = write_posts(admin, "words of mary")
    anne = make_user("anne", is_admin=True)
    browser.post_form(f"/post/{post.id}/report", reason="unkind")

    assert "words of mary" not in office.get("/admin/reports").text
    assert "Reports (1)" not in office.get("/admin/reports").text
    assert office.post_form(f"/admin/reports/{post.id}/done", newest=9).status_code == 404
    assert told(admin) == ([], 0)
    assert not any("susan" in text for _at, text in security_log.latest(9) if "report" in text)
    page = sign_in(anne).get("/admin/reports").text
    assert "words of mary" in page
    assert "/admin/users/mary/suspend" not in page
    assert told(anne) == ([post.id], 1)


def test_what_has_come_meanwhile_is_not_closed_unread(office, report, post, susan):
    Report.add(make_user("anne"), post, "spam")

    office.post_form(f"/admin/reports/{post.id}/done", newest=report.id)

    page = office.get("/admin/reports").text
    assert "spam" in page
    assert "unkind" not in page
    assert told(User.named("mary"))[1] == 1


def by_deleting_the_post(office, post):
    office.post_form(f"/post/{post.id}/delete", next="/admin/reports")


def by_suspending(office, _post):
    assert office.post_form("/admin/users/john/suspend", next="/admin/reports").location == "/admin/reports"


def by_deleting_the_person(office, _post):
    assert office.post_form("/admin/users/john/delete", next="/admin/reports").location == "/admin/reports"


def by_dismissing(office, post):
    office.post_form(f"/admin/reports/{post.id}/done", newest=Report.get().id)
    assert security_log.latest(1)[0].text.startswith(f"reports-done user=john post={post.id} count=1 by=mary")


def by_the_author(_office, post):
    post.delete_instance()


def by_losing_the_reporter(_office, _post):
    accounts.delete(User.named("susan"))


WAYS = (by_deleting_the_post, by_suspending, by_deleting_the_person, by_dismissing)


@pytest.mark.parametrize("see_to", [*WAYS, by_the_author, by_losing_the_reporter])
def test_what_is_seen_to_waits_no_longer(office, report, post, see_to):
    see_to(office, post)

    page = office.get("/admin/reports").text
    assert "Nothing is reported" in page
    assert "Reports (" not in page
    assert told(User.named("mary")) == ([], 0)


def test_what_was_dismissed_is_not_reported_by_the_same_person_again(browser, office, report, post):
    by_dismissing(office, post)

    browser.post_form(f"/post/{post.id}/report", reason="again")

    assert "Nothing is reported" in office.get("/admin/reports").text


def test_no_block_hides_what_was_reported(office, report, john, susan, admin):
    for one, other in ((john, admin), (admin, john), (susan, admin)):
        Block.add(one, other)

    page = office.get("/admin/reports").text

    assert "words of john" in page
    assert "unkind" in page
    assert told(admin)[1] == 1


def test_a_page_of_reports_costs_the_same_however_many_there_are(
    office, report, john, susan, write_posts, queries
):
    def cost():
        queries.clear()
        office.get("/admin/reports")
        return len(queries)

    before = cost()
    for post in write_posts(john, *(f"words {number}" for number in range(9))):
        Report.add(susan, post)
        Report.add(make_user(f"reader{post.id % 10**6}"), post)

    assert cost() == before


# Deleting a person


def test_an_administrator_deletes_a_person_after_a_question(office, client, post, admin):
    assert 'href="/admin/users/john/delete"' in office.get("/admin/users").text
    page = office.get("/admin/users/JOHN/delete").text
    assert "Delete the account of john?" in page
    assert User.named("john")

    response = office.post_form("/admin/users/john/delete")

    assert response.location == "/admin/users"
    assert User.named("john") is None
    assert Post.get_or_none() is None
    assert security_log.latest(1)[0].text.startswith("account-deleted user=john by=mary")
    client.post_form("/auth/login", username="john", password=PASSWORD)
    assert not is_signed_in(client)


def test_administrators_are_deleted_on_no_page(office, admin):
    make_user("anne", is_admin=True)

    for name in ("mary", "anne"):
        assert f'href="/admin/users/{name}/delete"' not in office.get("/admin/users").text
        assert office.get(f"/admin/users/{name}/delete").status_code == 409
        assert office.post_form(f"/admin/users/{name}/delete").status_code == 409
    assert User.select().count() == 2

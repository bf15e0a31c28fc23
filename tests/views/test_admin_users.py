import re

import pytest

from microblog.models import Session, Token, User
from microblog.security import security_log
from tests.conftest import PASSWORD, is_signed_in, make_user


def test_people_are_paged_newest_first(app, office, monkeypatch):
    monkeypatch.setitem(app.config, "POSTS_PER_PAGE", 2)
    for number in range(4):
        make_user(f"user{number}")

    first = office.get("/admin/users")
    older = office.get("/admin/users" + re.search(r'rel="next" href="(\?[^"]+)"', first.text)[1])

    assert re.findall(r"user\d@", first.text) == ["user3@", "user2@"]
    assert re.findall(r"user\d@", older.text) == ["user1@", "user0@"]


def test_a_page_of_people_costs_the_same_however_many_there_are(office, queries):
    def cost():
        queries.clear()
        office.get("/admin/users")
        return len(queries)

    before = cost()
    for number in range(20):
        make_user(f"user{number}")

    assert cost() == before


def test_people_are_found_by_the_beginning_of_their_name(office, susan, john):
    text = office.get("/admin/users?q=SUS").text

    assert "susan@example.org" in text
    assert "john@example.org" not in text


def test_of_very_many_whose_names_begin_alike_nobody_is_left_out(office):
    names = [f"user{number}" for number in range(1100)] + ["userz"]
    people = [{"username": name, "email": name, "email_key": name, "password_hash": ""} for name in names]
    User.insert_many(people).execute()

    text = office.get("/admin/users?q=user").text

    assert re.findall(r'href="/user/(user\w+)"', text)[:2] == ["userz", "user1099"]


@pytest.mark.parametrize("beginning", ["%25", "_", "'", "%00", "x" * 3000, "%ff", "博客", "%e2%80%ae", "\\"])
def test_any_beginning_is_answered(office, susan, beginning):
    response = office.get(f"/admin/users?q={beginning}")

    assert response.status_code == 200
    assert "susan@example.org" not in response.text or beginning in ("%00", "%e2%80%ae")


@pytest.mark.parametrize("cursor", ["9" * 300, "-1", "x", ""])
def test_any_cursor_is_answered(office, cursor):
    assert office.get(f"/admin/users?before={cursor}").status_code == 200


# Suspension


def test_a_suspended_user_is_signed_out_and_kept_out(client, office, browser, susan):
    office.post_form("/admin/users/susan/suspend")

    assert browser.get("/notifications").status_code == 401
    assert Session.select().where(Session.user == susan).count() == 0
    response = client.post_form("/auth/login", username="susan", password=PASSWORD)
    assert response.status_code == 422
    assert "This account is suspended." in response.text


def test_whoever_does_not_know_the_password_is_not_told_of_the_suspension(client, office, susan):
    office.post_form("/admin/users/susan/suspend")

    response = client.post_form("/auth/login", username="susan", password="wrong horse")

    assert "This account is suspended." not in response.text


def test_a_session_begun_in_the_same_moment_is_dead(office, susan, sign_in):
    office.post_form("/admin/users/susan/suspend")

    assert sign_in(User.named("susan")).get("/notifications").status_code == 401


def test_nothing_of_a_suspended_user_is_shown(client, office, susan, john, sign_in, write_posts):
    susan.update_profile("susan", "About susan")
    write_posts(susan, "words of susan")
    john.follow(susan)
    office.post_form("/admin/users/susan/suspend")

    for path in (
        "/",
        "/explore",
        "/user/susan",
        "/user/susan/popup",
        "/feed.atom",
        "/user/susan/feed.json",
        "/search?q=words",
    ):
        text = sign_in(john).get(path).text
        assert "words of susan" not in text
        assert "About susan" not in text
    assert "This account is suspended." in client.get("/user/susan").text


def test_a_restored_user_is_as_before(client, office, susan, write_posts):
    write_posts(susan, "words of susan")
    office.post_form("/admin/users/susan/suspend")
    response = office.post_form("/admin/users/susan/restore")

    assert response.location == "/admin/users?q=susan"
    assert client.post_form("/auth/login", username="susan", password=PASSWORD).status_code == 302
    assert "words of susan" in client.get("/explore").text


def test_administrators_cannot_be_suspended(office, admin):
    make_user("anne", is_admin=True)

    assert office.post_form("/admin/users/anne/suspend").status_code == 409
    assert office.post_form("/admin/users/mary/suspend").status_code == 409
    assert User.select().where(User.suspended_at.is_null(False)).count() == 0


def test_suspending_twice_is_no_harm(office, susan):
    office.post_form("/admin/users/susan/suspend")

    assert office.post_form("/admin/users/SUSAN/suspend").status_code == 302
    assert User.named("susan").suspended_at


@pytest.mark.parametrize("username", ["nobody", "%00", "x" * 3000, "%ff"])
@pytest.mark.parametrize("act", ["suspend", "restore"])
def test_nobody_cannot_be_suspended(office, username, act):
    assert office.post_form(f"/admin/users/{username}/{act}").status_code == 404


@pytest.mark.asvs("7.4.5")
def test_somebody_is_signed_out_everywhere_and_the_log_says_by_whom(client, office, browser, susan, sign_in):
    elsewhere, (_row, secret) = sign_in(susan, remember=True), Token.issue(susan, "a program")
    page = office.get("/admin/users").text
    assert 'action="/admin/users/susan/sign_out"' in page
    assert 'action="/admin/users/mary/sign_out"' not in page, "there is a button for that elsewhere"

    response = office.post_form("/admin/users/susan/sign_out")

    assert response.location == "/admin/users?q=susan"
    assert [is_signed_in(one) for one in (browser, elsewhere, office)] == [False, False, True]
    assert client.get("/api/posts", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert security_log.latest(1)[0].text.startswith("sessions-ended user=susan by=mary")
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    assert is_signed_in(client), "she is not kept out"


def test_another_administrator_can_be_signed_out_too(office, sign_in):
    annes = sign_in(make_user("anne", is_admin=True))

    office.post_form("/admin/users/anne/sign_out")

    assert not is_signed_in(annes)

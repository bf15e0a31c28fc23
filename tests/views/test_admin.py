import re
import threading

import pytest

from microblog.models import Mail, Post, Session, Ticket, User
from microblog.models.ticket import INVITE
from tests.conftest import PASSWORD, make_user

PAGES = ["/admin", "/admin/users", "/admin/invites", "/admin/outbox"]
FORMS = [
    "/admin/users/susan/suspend",
    "/admin/users/susan/restore",
    "/admin/invites",
    "/admin/invites/1/delete",
]


@pytest.fixture
def admin(app):
    return make_user("mary", is_admin=True)


@pytest.fixture
def office(admin, sign_in):
    """The administrator's browser."""
    return sign_in(admin)


@pytest.fixture
def letter_id(client, susan):
    """The id of a mail in the outbox."""
    client.post_form("/auth/reset_password_request", email=susan.email)
    return Mail.get().id


# Who gets in


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_the_administrators_alone(client, sign_in, office, john, path):
    assert office.get(path, follow_redirects=True).status_code == 200
    assert sign_in(john).get(path).status_code == 404
    assert client.get(path).location == f"/auth/login?next={path}"


@pytest.mark.parametrize("path", FORMS)
def test_the_acts_are_the_administrators_alone(client, sign_in, office, susan, john, path):
    assert sign_in(john).post_form(path).status_code == 404
    assert client.post_form(path).location.startswith("/auth/login")
    assert office.post(path).status_code == 400, "without the token of the form"
    assert office.put(path).status_code == 405
    assert not User.named("susan").suspended_at
    assert Ticket.select().count() == 0


@pytest.mark.parametrize("path", ["/admin/outbox/{}", "/admin/outbox/{}/download"])
def test_mails_are_for_the_administrator_alone(client, sign_in, office, susan, letter_id, path):
    path = path.format(letter_id)

    assert office.get(path, buffered=True).status_code == 200
    assert sign_in(susan).get(path).status_code == 404, "although it is to her"
    assert client.get(path).status_code == 302


def test_only_the_administrator_sees_the_way_there(office, browser):
    assert 'href="/admin"' in office.get("/").text
    assert 'href="/admin"' not in browser.get("/").text


# People


def test_people_are_paged_newest_first(app, office):
    app.config["POSTS_PER_PAGE"] = 2
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

    assert sign_in(susan).get("/notifications").status_code == 401


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


# Posts


def test_any_post_can_be_deleted(office, susan, write_posts):
    [post] = write_posts(susan, "something bad")

    office.post_form(f"/post/{post.id}/delete")

    assert Post.select().count() == 0


# Invitations


@pytest.fixture
def by_invitation(app):
    app.config["REGISTRATION"] = "invite"


def link_in(response):
    return re.search(r"http://127.0.0.1:8000(/auth/register\?invite=[\w-]+)", response.text)[1]


NEW = {
    "username": "newbie",
    "email": "new@example.org",
    "password": "long enough",
    "password2": "long enough",
}


def test_an_invitation_makes_one_account(app, client, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))

    response = client.get(link)
    assert (response.status_code, response.location) == (302, "/auth/register")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/auth/register").status_code == 200
    assert client.post_form("/auth/register", **NEW).location == "/"
    assert User.named("newbie")

    second = app.test_client()
    page = second.get(link, follow_redirects=True)
    assert page.status_code == 403
    assert "Your invitation has been used" in page.text
    assert second.post_form("/auth/register", **NEW | {"username": "other"}).status_code == 403


def test_a_name_that_is_taken_does_not_cost_the_invitation(client, office, susan, by_invitation):
    client.get(link_in(office.post_form("/admin/invites")))

    assert client.post_form("/auth/register", **NEW | {"username": "susan"}).status_code == 422
    assert client.post_form("/auth/register", **NEW).status_code == 302


def test_twenty_at_once_make_one_account_by_one_invitation(app, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))
    browsers = [app.test_client() for _ in range(20)]
    for browser in browsers:
        browser.get(link)
    statuses = []

    def register(number):
        fields = NEW | {"username": f"newbie{number % 2}", "email": f"new{number}@example.org"}
        statuses.append(browsers[number].post_form("/auth/register", **fields).status_code)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [302] + [403] * 19
    assert User.select().where(User.username.startswith("newbie")).count() == 1


def test_without_an_invitation_the_door_is_closed(client, admin, by_invitation):
    page = client.get("/auth/register")

    assert page.status_code == 403
    assert "By invitation only" in page.text
    assert client.post_form("/auth/register", **NEW).status_code == 403
    assert client.get("/auth/register?invite=made-up", follow_redirects=True).status_code == 403


def test_an_invitation_lasts_seven_days(client, office, by_invitation, later):
    link = link_in(office.post_form("/admin/invites"))
    later(days=7, minutes=1)

    assert client.get(link, follow_redirects=True).status_code == 403


def test_an_invitation_can_be_withdrawn(client, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))

    office.post_form(f"/admin/invites/{Ticket.get().id}/delete")

    assert client.get(link, follow_redirects=True).status_code == 403
    assert "Withdraw" not in office.get("/admin/invites").text


def test_the_link_is_shown_once(office, by_invitation):
    token = link_in(office.post_form("/admin/invites")).rpartition("=")[2]

    assert token not in office.get("/admin/invites").text


@pytest.mark.parametrize("number", ["999", "9" * 30, "x", "-1"])
def test_what_is_no_invitation_cannot_be_withdrawn(office, number):
    assert office.post_form(f"/admin/invites/{number}/delete").status_code == 404


def test_another_ticket_is_no_invitation(office, susan):
    Ticket.issue("reset_password", susan)

    assert office.post_form(f"/admin/invites/{Ticket.get().id}/delete").status_code == 404
    assert Ticket.select().count() == 1


def test_closed_is_closed_to_the_invited_too(app, client, office):
    link = link_in(office.post_form("/admin/invites"))
    app.config["REGISTRATION"] = "closed"

    assert client.get(link, follow_redirects=True).status_code == 403
    assert client.post_form("/auth/register", **NEW).status_code == 403


def test_a_form_that_is_sent_to_the_link_itself_makes_the_account(client, office, by_invitation):
    link = link_in(office.post_form("/admin/invites"))

    response = client.post_form(link, **NEW | {"password2": "another"})
    assert response.status_code == 422
    assert 'value="newbie"' in response.text

    assert client.post_form(link, **NEW).location == "/"


def test_an_open_door_needs_no_invitation(app, client, office, monkeypatch):
    """Somebody else may use it up between the look at it and its use."""
    client.get(link_in(office.post_form("/admin/invites")))
    monkeypatch.setattr(Ticket, "use", lambda _ticket: pytest.fail("it was used"))

    assert client.post_form("/auth/register", **NEW).location == "/"


def test_the_command_prints_such_a_link(app, client, admin, by_invitation):
    link = app.test_cli_runner().invoke(args=["invite"]).stdout.strip()

    assert link.startswith("http://127.0.0.1:8000/auth/register?invite=")
    client.get(link.removeprefix("http://127.0.0.1:8000"))
    assert client.post_form("/auth/register", **NEW).status_code == 302
    assert Ticket.living(INVITE).count() == 0


def test_the_command_says_when_its_link_does_nothing(app):
    assert "REGISTRATION=open" in app.test_cli_runner().invoke(args=["invite"]).stderr


# The outbox


def test_mails_that_could_not_leave_are_listed_and_read(office, susan, letter_id):
    listed = office.get("/admin/outbox").text
    page = office.get(f"/admin/outbox/{letter_id}").text

    assert "[Microblog] Reset your password" in listed
    assert "susan@example.org" in listed
    assert "/auth/reset_password/" in page
    assert 'href="http://127.0.0.1:8000/auth/reset_password/' not in page, "not to be opened by mistake"


def test_a_mail_can_be_downloaded_whole(office, browser, write_posts, susan):
    write_posts(susan, "first")
    browser.post_form("/export_posts")
    [path] = re.findall(r'href="(/admin/outbox/[\w-]+)"', office.get("/admin/outbox").text)

    assert "posts.json" in office.get(path).text
    response = office.get(f"{path}/download", buffered=True)
    assert response.mimetype == "message/rfc822"
    assert "attachment" in response.headers["Content-Disposition"]


def test_an_empty_outbox_says_so(office):
    assert "No mail yet" in office.get("/admin/outbox").text


@pytest.mark.parametrize(
    "name",
    ["nothing", "..", "..%2fmicroblog", "%00", "x" * 3000, "%ff", ".hidden", "00000000-0000-0000-0000"],
)
@pytest.mark.parametrize("end", ["", "/download"])
def test_what_is_no_mail_is_not_there(office, letter_id, name, end):
    assert office.get(f"/admin/outbox/{name}{end}").status_code == 404


def test_a_mail_full_of_markup_is_shown_as_text(office, settings):
    folder = settings.data_dir / "outbox"
    folder.mkdir()
    letter = "Subject: <script>alert(1)</script>\nTo: <b>x</b>@example.org\n\n<script>alert(2)</script>\n"
    (folder / "evil.eml").write_text(letter)
    (folder / "broken.eml").write_bytes(b"\xff\xfe\x00 no mail at all")
    (folder / "empty.eml").write_bytes(b"")

    for path in ("/admin/outbox", "/admin/outbox/evil", "/admin/outbox/broken", "/admin/outbox/empty"):
        response = office.get(path)
        assert response.status_code == 200
        assert "<script>alert" not in response.text


def test_with_a_mail_server_the_page_says_so(app, office):
    app.config["MAIL_SERVER"] = "mail.example.org"

    assert "mail.example.org" in office.get("/admin/outbox").text

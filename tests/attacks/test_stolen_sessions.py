"""
A stolen session cannot stay: which routes ask for the password unless it was given within ten minutes.

The table names every route about accounts, sessions, tokens and administration; one that is added later fails
the tests until it stands here, too. ``asks``: the guard asks. ``own``: its form has a field for the password,
always. ``free``: by it nobody can stay, get at anybody's link, or lock anybody out.
"""

import re
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.models import Session
from microblog.models.session import CONFIRMED_FOR
from tests.attacks.test_routes import FIELDS, GRAVE, PAGES, address, ask, check_all, outcome, rows, rules
from tests.conftest import PASSWORD, is_signed_in

TABLE = """
GET    /.well-known/change-password              free
GET    /account                                   free
GET    /account/confirm                           free
POST   /account/confirm                           asks
GET    /account/confirm_email                     free
POST   /account/confirm_email                     free
POST   /account/confirm_email/send                free
GET    /account/delete                            free
POST   /account/delete                            own
GET    /account/email                             free
POST   /account/email                             own
GET    /account/email/<token>                     free
GET    /account/password                          free
POST   /account/password                          own
GET    /account/posts/delete                      free
POST   /account/posts/delete                      asks
POST   /account/posts/<uuid:task_id>/undo         free
GET    /account/second_factor                     free
POST   /account/second_factor                     own
POST   /account/second_factor/codes               own
POST   /account/second_factor/delete              own
POST   /account/sessions/<row_id:session_id>/end  asks
POST   /account/sessions/end_others               asks
GET    /account/tokens                            free
POST   /account/tokens                            asks
POST   /account/tokens/<row_id:token_id>/delete   asks
GET    /admin                                     free
POST   /admin/demo                                asks
GET    /admin/demo/delete                         free
POST   /admin/demo/delete                         free
GET    /admin/invites                             free
POST   /admin/invites                             asks
POST   /admin/invites/<row_id:invite_id>/delete   free
GET    /admin/outbox                              asks
GET    /admin/outbox/<mail_id>                    asks
GET    /admin/outbox/<mail_id>/download           asks
GET    /admin/reports                             free
POST   /admin/reports/<row_id:post_id>/done       free
GET    /admin/security                            free
GET    /admin/site                                free
POST   /admin/site                                free
GET    /admin/tasks                               free
GET    /admin/tasks/<uuid:task_id>                free
POST   /admin/tasks/<uuid:task_id>/cancel         free
POST   /admin/tasks/<uuid:task_id>/retry          free
GET    /admin/tasks/all                           free
GET    /admin/tasks/failures                      free
POST   /admin/tasks/failures/discard              free
POST   /admin/tasks/failures/retry                free
GET    /admin/tasks/figures                       free
POST   /admin/tasks/hold                          free
POST   /admin/tasks/hold/delete                   free
GET    /admin/tasks/nightly                       free
POST   /admin/tasks/nightly                       free
GET    /admin/users                               free
GET    /admin/users/<username>/delete             free
POST   /admin/users/<username>/delete             asks
POST   /admin/users/<username>/restore            asks
POST   /admin/users/<username>/sign_out           asks
POST   /admin/users/<username>/suspend            asks
GET    /auth/reset_password                       free
POST   /auth/reset_password                       free
GET    /auth/reset_password/<token>               free
POST   /auth/reset_password/<token>               free
GET    /auth/reset_password_request               free
POST   /auth/reset_password_request               free
GET    /auth/reset_password_request/sent          free
GET    /auth/second_factor                        free
POST   /auth/second_factor                        free
GET    /invitations                               free
POST   /invitations                               asks
POST   /invitations/<row_id:invite_id>/delete     free
GET    /settings/account                          free
GET    /settings/programs                         free
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
# Whatever of these words is in a rule or in the name of its view, the route stands in the table.
DELICATE = re.compile(r"account|admin|password|session|token|invit|outbox|mail|factor")
# Those sign in by a token or, to make one, by the password; what they do stands in their own tests.
PROGRAMS = "/api"
ASKING = [(method, route) for method, route, kind in ROWS if kind == "asks"]
ACTS = [(method, route) for method, route in ASKING if method == "POST"]


@pytest.mark.asvs("7.5.1")
def test_the_table_names_every_delicate_route(site):
    delicate = [
        (method, rule)
        for method, rule in rules(site.app)
        if DELICATE.search(f"{rule} {views(site.app)[rule]}") and not rule.startswith(PROGRAMS)
    ]

    assert sorted(delicate) == sorted((method, route) for method, route, _kind in ROWS)


def test_no_other_route_asks(site):
    asking = {
        (method, re.sub(r"\([^)]*\)", "", rule.rule))
        for rule in site.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if hasattr(site.app.view_functions[rule.endpoint], "asks_for_password")
    }

    assert asking == set(ASKING)


@pytest.mark.parametrize("given", [CONFIRMED_FOR, timedelta(seconds=-5), None], ids=["old", "ahead", "never"])
@pytest.mark.asvs("7.5.1", "7.5.2")
def test_without_the_password_it_is_asked_for_and_nothing_happens(site, given):
    def check(method, route):
        let_password_be(given)
        before = rows()

        response = ask(site, owner(route), method, route)

        if method == "GET":
            assert response.location.startswith("/account/confirm?next=/admin/outbox")
        else:
            assert response.status_code == 401
            assert 'name="current_password"' in response.text
        assert rows() == before

    check_all(site, ASKING, check)


def test_a_wrong_password_does_nothing(site):
    def check(method, route):
        let_password_be(None)
        before = rows()

        response = send(site, method, route, current_password="wrong horse")

        assert response.status_code == 422
        assert "That is not your password." in response.text
        assert rows() == before

    check_all(site, ACTS, check)


def test_the_right_password_does_what_was_asked_for(site):
    def check(method, route):
        at_once = outcome(ask(site, owner(route), method, route))
        site.restore()
        let_password_be(None)

        assert outcome(send(site, method, route, current_password=PASSWORD)) == at_once

    check_all(site, ACTS, check)


def test_no_page_shows_a_link_into_an_administrators_account(site):
    mail = Mail.send("reset_password", site.mary.email)
    [secret] = set(re.findall(r"/reset_password/([\w-]{43})", outbox_files.read(mail.id).text))
    mary = site.browsers["mary"]

    for page in PAGES:
        path = address(site, page).replace(site.of["susan"].mail.id, mail.id)
        assert secret.encode() not in mary.get(path, buffered=True).data, path

    assert mail.id in mary.get("/admin/outbox").text


@pytest.mark.asvs("7.2.4")
def test_a_copy_of_the_cookie_is_void_once_the_password_was_given(site):
    let_password_be(None)
    thief = site.app.test_client()
    thief.set_cookie("session", site.cookies["mary"])
    assert is_signed_in(thief)

    site.browsers["mary"].post_form("/account/confirm", current_password=PASSWORD)

    assert not is_signed_in(thief)
    assert site.browsers["mary"].get("/admin/outbox").status_code == 200


def test_what_has_its_own_field_takes_no_earlier_password(site):
    def check(method, route, kind):
        complete = GRAVE.get(f"{method} {route}", {})
        before = rows()

        response = send(site, method, route, **{**complete, "current_password": ""})

        # 409: there is no second factor whose codes it could be about.
        assert response.status_code in (409, 422)
        assert rows() == before

    check_all(site, [row for row in ROWS if row[2] == "own"], check)


def test_the_question_leads_back_and_keeps_what_was_typed(site):
    let_password_be(None)
    browser = site.browsers["susan"]

    page = browser.post_form("/account/tokens", name="<my> program", read_only="y", password="secret")
    assert hidden_fields(page) == {"name": "&lt;my&gt; program", "read_only": "y"}

    browser = site.browsers["mary"]
    response = browser.get("/admin/outbox", follow_redirects=True)
    assert response.request.full_path == "/account/confirm?next=/admin/outbox"
    sent = browser.post_form("/account/confirm", next="/admin/outbox", current_password=PASSWORD)
    assert sent.location == "/admin/outbox"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "x"])
def test_the_question_leads_to_no_other_site(site, target):
    browser = site.browsers["susan"]

    assert hidden_fields(browser.get(f"/account/confirm?next={target}")) == {"next": ""}
    assert (
        browser.post_form("/account/confirm", next=target, current_password=PASSWORD).location
        == "/settings/account"
    )


def let_password_be(ago):
    """When the password was last given in everybody's browser: *ago* or never."""
    Session.update(password_confirmed_at=ago and clock.now() - ago).execute()


def owner(route):
    return "mary" if route.startswith("/admin") else "susan"


def send(site, method, route, **fields):
    browser = site.visitors[owner(route)]
    fields |= FIELDS.get(f"{method} {route}", {})
    return browser.open(
        address(site, route), method=method, data={"csrf_token": browser.csrf_token, **fields}
    )


def hidden_fields(page):
    """What the form of the question takes along, besides its token."""
    form = re.search(r'<form class="sheet".*?</form>', page.text, re.DOTALL)[0]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert fields.pop("csrf_token")
    return fields


def views(app):
    return {re.sub(r"\([^)]*\)", "", rule.rule): rule.endpoint for rule in app.url_map.iter_rules()}

"""What was checked before an act that revokes, and is recorded after it: every way in against every act."""

import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher

from microblog import accounts
from microblog.accounts.credentials import ENDS, LINK_MAILS, LINKS, SECOND_FACTOR
from microblog.base.database import connected
from microblog.mail import outbox_files, templates
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, Session, User
from microblog.models.one_time_token import CHANGE_EMAIL, RESET_PASSWORD
from microblog.security.signatures import serializer
from microblog.tasks.states import CANCELLED, SUCCEEDED
from microblog.web import second_step
from tests.conftest import PASSWORD, make_user
from tests.revoking import DONE_BY, WaysIn, reset_second_factor, work_off
from tests.second_factors import SECRET, give, shown


class Flight(NamedTuple):
    """What *go* does with somebody's ways in; it is held after the check in it that is *name* of *owner*."""

    owner: object
    name: str
    go: object


def from_page(path, code=None, **fields):
    """A signed-in browser sends a form, with what *code* returns, and its session has been found alive."""

    def go(ways_in):
        return ways_in.browser.post_form(path, **fields, **({"code": code()} if code else {}))

    return Flight(Session, "from_token", go)


def by_link(kind, path, **fields):
    """Somebody uses a link, and it has been found valid."""

    def go(ways_in):
        browser = ways_in.app.test_client()
        with browser.session_transaction() as session:
            session[kind] = ways_in.links[kind]
        return browser.post_form(path, **fields)

    return Flight(OneTimeToken, "from_secret", go)


def sign_in(ways_in):
    browser = ways_in.app.test_client()
    fields = {"username": ways_in.user.username, "password": PASSWORD, "remember_me": "y"}
    response = browser.post_form("/auth/login", **fields)
    assert [browser.get_cookie(name) for name in ("known", "remember")] == [None, None]
    return response


def make_token(ways_in):
    basic = (ways_in.user.username, PASSWORD)
    return ways_in.app.test_client().post("/api/tokens", json={"name": "a program"}, auth=basic)


def give_password(ways_in):
    with connected():
        Session.update(password_confirmed_at=None).where(Session.id == ways_in.session.id).execute()
    return ways_in.browser.post_form("/account/confirm", current_password=PASSWORD)


def switch_second_factor_on(ways_in):
    secret = serializer([ways_in.app.secret_key], "second factor").dumps([ways_in.user.id, SECRET])
    fields = {"secret": secret, "code": shown(), "current_password": PASSWORD}
    return ways_in.browser.post_form("/account/second_factor", **fields)


def show_code(ways_in):
    browser = ways_in.app.test_client()
    browser.post_form("/auth/login", username=ways_in.user.username, password=PASSWORD)
    return browser.post_form("/auth/second_factor", code=shown())


def passwords(text):
    return {"password": text, "password2": text}


# What a signed-in browser sends, by path.
FORMS = {
    "/account/confirm_email/send": {},
    "/account/delete": {"current_password": PASSWORD},
    "/account/email": {"email": "x@example.com", "current_password": PASSWORD},
    "/account/password": {"current_password": PASSWORD, **passwords("staple battery")},
    "/account/sessions/end_others": {},
    "/account/tokens": {"name": "a program"},
}
CHECKED = {
    **{path: from_page(path, **fields) for path, fields in FORMS.items()},
    "sign-in": Flight(PasswordHasher, "verify", sign_in),
    "token by password": Flight(PasswordHasher, "verify", make_token),
    "password given": Flight(Session, "from_token", give_password),
    "second factor": Flight(Session, "from_token", switch_second_factor_on),
}
WITH_CODE = {
    "second step": Flight(second_step, "pending", show_code),
    "no second factor": from_page("/account/second_factor/delete", shown, current_password=PASSWORD),
    "recovery codes": from_page("/account/second_factor/codes", shown, current_password=PASSWORD),
}
BY_LINK = {
    "reset": by_link(RESET_PASSWORD, "/auth/reset_password", **passwords("staple battery")),
    "confirmation": by_link(CHANGE_EMAIL, "/account/confirm_email"),
}
# A mail has been claimed and is about to get its link; and it has it, and is about to leave.
MOMENTS = [(Mail, "unended"), (outbox_files, "write")]
# How people do each act; the first way is enough here.
DO = dict(reversed(DONE_BY))

pytestmark = pytest.mark.usefixtures("nobody_works")


@pytest.mark.parametrize("act", ENDS)
@pytest.mark.asvs("7.4.1", "7.4.2", "15.4.2")
def test_what_a_password_or_a_session_permitted_is_refused_after_any_act(app, act, monkeypatch):
    for number, (name, flight) in enumerate(CHECKED.items()):
        ways_in = WaysIn(app, make_user(f"susan{number}"), by_form=False)

        with held(flight, ways_in, monkeypatch) as landed:
            DO[act](ways_in)
            before = ways_in.rows()

        assert landed[0].status_code in (302, 401, 409, 422), name
        assert ways_in.rows() == before, name


@pytest.mark.parametrize("act", ENDS)
def test_what_a_link_permitted_is_refused_after_what_ends_links(app, act, monkeypatch):
    for number, (name, flight) in enumerate(BY_LINK.items()):
        ways_in = WaysIn(app, make_user(f"susan{number}"), by_form=False)

        with held(flight, ways_in, monkeypatch) as landed:
            DO[act](ways_in)
            before = ways_in.rows()

        assert (landed[0].status_code == 410) == (LINKS in ENDS[act]), name
        assert (ways_in.rows() == before) == (LINKS in ENDS[act]), name


@pytest.mark.parametrize(("owner", "moment"), MOMENTS)
@pytest.mark.parametrize("act", ENDS)
def test_a_mail_in_the_hands_of_a_worker_brings_no_link_after_what_ends_it(
    app, act, owner, moment, monkeypatch
):
    flight = Flight(owner, moment, lambda _ways_in: work_off())
    for number, kind in enumerate(sorted(templates.links)):
        ways_in = WaysIn(app, make_user(f"susan{number}"), by_form=False)
        OneTimeToken.delete().execute()
        [mail] = [mail for mail in ways_in.mails if mail.kind == kind]
        Mail.delete().where(Mail.id != mail.id).execute()

        with held(flight, ways_in, monkeypatch):
            DO[act](ways_in)

        left = LINK_MAILS not in ENDS[act]
        assert Mail.get_by_id(mail.id).state == (SUCCEEDED if left else CANCELLED)
        assert outbox_files.path_of(mail.id).exists() == left
        assert OneTimeToken.select().where(OneTimeToken.user == ways_in.user).exists() == left


@pytest.mark.parametrize("act", ENDS)
def test_what_a_code_permitted_is_refused_after_any_act(app, act, monkeypatch):
    for number, (name, flight) in enumerate(WITH_CODE.items()):
        ways_in = WaysIn(app, make_user(f"susan{number}"), by_form=False)
        give(ways_in.user)

        with held(flight, ways_in, monkeypatch) as landed:
            done = reset_second_factor if act == SECOND_FACTOR else DO[act]
            done(ways_in)
            before = ways_in.rows()

        assert landed[0].status_code in (409, 422), name
        assert ways_in.rows() == before, name


def test_an_account_that_was_deleted_meanwhile_cannot_be_signed_in_to(app, monkeypatch):
    ways_in = WaysIn(app, make_user("susan"), by_form=False)

    with held(CHECKED["sign-in"], ways_in, monkeypatch) as landed:
        accounts.delete(User.named("susan"), by="mary")

    assert landed[0].status_code == 422


@contextmanager
def held(flight, ways_in, monkeypatch):
    """Let *flight* go, and hold it after its check for the block; then the list has what *go* returned."""
    here, there, onward, landed = threading.local(), threading.Event(), threading.Event(), []
    check = getattr(flight.owner, flight.name)

    def check_and_wait(*arguments, **options):
        result = check(*arguments, **options)
        if vars(here).pop("flying", False):
            there.set()
            assert onward.wait(10)
        return result

    def go():
        here.flying = True
        try:
            landed.append(flight.go(ways_in))
        finally:
            there.set()

    held = staticmethod(check_and_wait) if inspect.ismethod(check) else check_and_wait
    with ThreadPoolExecutor(1) as pool, monkeypatch.context() as patched:
        patched.setattr(flight.owner, flight.name, held)
        flying = pool.submit(go)
        try:
            assert there.wait(10)
            assert not landed, "it did not come by its check"
            yield landed
        finally:
            onward.set()
        flying.result()

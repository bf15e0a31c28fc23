"""Acts that revoke, as people do them, and everything by which somebody can come back to an account."""

from microblog import accounts
from microblog.accounts import second_factor
from microblog.accounts.credentials import (
    DEVICES,
    EVERYWHERE,
    INVITATIONS,
    LINK_MAILS,
    LINKS,
    NEW_ADDRESS,
    NEW_PASSWORD,
    ONE_SESSION,
    SECOND_FACTOR,
    SESSIONS,
    SUSPENSION,
    TOKENS,
)
from microblog.mail import templates
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, RecoveryCode, SecondFactor, Session, Token, User
from microblog.models.one_time_token import CHANGE_EMAIL, INVITE, LASTS, RESET_PASSWORD
from microblog.security.random_secret import hash_of
from microblog.tasks.queue import huey
from microblog.tasks.states import SUCCEEDED
from microblog.web import cookies, remembered_devices
from tests.conftest import PASSWORD, is_signed_in
from tests.second_factors import SECRET, give, shown

NEW = {"password": "battery staple", "password2": "battery staple"}
MAILED = sorted(set(LASTS) - {INVITE})
PAGES = {RESET_PASSWORD: "/auth/reset_password/", CHANGE_EMAIL: "/account/email/"}


class WaysIn:
    """
    Three browsers in which *user* is signed in, and everything else by which one comes back.

    In ``own`` the user acts; ``spare`` is signed out of by one of the acts.
    """

    def __init__(self, app, user, by_form=True):
        """*by_form*: one browser has all the cookies that one gets by signing in."""
        self.app, self.user = app, user
        self.own, self.own_session = self._signed_in()
        self.spare, self.spare_session = self._signed_in()
        self.browser, self.session = self._signed_in_by_form() if by_form else self._signed_in()
        _token, self.secret = Token.issue(user, "a program")
        self.links = {kind: OneTimeToken.issue(kind, user, f"other-{user.id}@example.org") for kind in MAILED}
        self.invitation = OneTimeToken.invite(user)
        self.mails = [
            Mail.send("reset_password", user.email_key),
            Mail.send("change_email", f"another-{user.id}@example.org", user=user),
        ]

    def open(self):
        """For each thing, whether what there is of it can be used: a set of one truth."""
        remembered = self.app.test_client()
        remembered.set_cookie("remember", self.browser.get_cookie("remember").value)
        bearer = {"Authorization": f"Bearer {self.secret}"}
        work_off()
        return {
            SESSIONS: {is_signed_in(self.browser), is_signed_in(remembered)},
            TOKENS: {self.app.test_client().get("/api/tokens", headers=bearer).status_code == 200},
            LINKS: {self._opens(kind) for kind in self.links},
            LINK_MAILS: {Mail.get_by_id(mail.id).state == SUCCEEDED for mail in self.mails},
            INVITATIONS: {is_open(self.invitation)},
            DEVICES: {is_known(self.browser, self.user), is_remembered(self.browser, self.user)},
        }

    def rows(self):
        """What there is, by which somebody gets in."""
        return {row for row in rows_of_ways_in() if row[1] == self.user.id}

    def _signed_in(self):
        browser = self.app.test_client()
        row, token = Session.start(self.user, False, "a test")
        with browser.session_transaction() as session:
            session.update(_user_id=token, _fresh=True)
        return browser, row

    def _signed_in_by_form(self):
        browser = self.app.test_client()
        fields = {"username": self.user.username, "password": PASSWORD, "remember_me": "y"}
        assert browser.post_form("/auth/login", **fields).status_code == 302
        self._remember_device(browser)
        return browser, Session.select().order_by(Session.id.desc()).first()

    def _remember_device(self, browser):
        with self.app.test_request_context():
            remembered_devices.add(self.user)
            [cookie] = self.app.process_response(self.app.response_class()).headers.getlist("Set-Cookie")
        browser.set_cookie("device", cookie.partition("=")[2].partition(";")[0])

    def _opens(self, kind):
        path = PAGES[kind] + self.links[kind]
        return self.app.test_client().get(path, follow_redirects=True).status_code == 200


def change_password(ways_in):
    ways_in.own.post_form("/account/password", current_password=PASSWORD, **NEW)


def reset_password(ways_in):
    secret = OneTimeToken.issue(RESET_PASSWORD, User.get_by_id(ways_in.user.id))
    ways_in.app.test_client().post_form(f"/auth/reset_password/{secret}", **NEW)


def reset_by_command(ways_in):
    command = ["reset-password", ways_in.user.username, "--password-stdin"]
    assert ways_in.app.test_cli_runner().invoke(args=command, input=NEW["password"]).exit_code == 0


def confirm_address(ways_in):
    user = User.get_by_id(ways_in.user.id)
    secret = OneTimeToken.issue(CHANGE_EMAIL, user, f"new-{user.id}@example.org")
    ways_in.own.get(f"/account/email/{secret}")
    ways_in.own.post_form("/account/confirm_email")


def suspend_and_restore(ways_in):
    assert accounts.suspend(ways_in.user, by="mary")
    accounts.restore(ways_in.user, by="mary")


def sign_out_everywhere(ways_in):
    ways_in.own.post_form("/account/sessions/end_others")


def end_sessions_of_somebody(ways_in):
    accounts.end_sessions(ways_in.user, by="mary")


def switch_second_factor_on(ways_in):
    second_factor.switch_on(_acting(ways_in), SECRET, shown())


def switch_second_factor_off(ways_in):
    give(ways_in.user)
    second_factor.switch_off(_acting(ways_in))


def reset_second_factor(ways_in):
    SecondFactor.of(ways_in.user) or give(ways_in.user)
    command = ["reset-second-factor", ways_in.user.username]
    assert ways_in.app.test_cli_runner().invoke(args=command).exit_code == 0


def end_a_session(ways_in):
    ways_in.own.post_form(f"/account/sessions/{ways_in.spare_session.id}/end")


def sign_out(ways_in):
    ways_in.spare.post_form("/auth/logout")


# Each act, and how people do it; some in several ways.
DONE_BY = [
    (NEW_PASSWORD, change_password),
    (NEW_PASSWORD, reset_password),
    (NEW_PASSWORD, reset_by_command),
    (NEW_ADDRESS, confirm_address),
    (SUSPENSION, suspend_and_restore),
    (EVERYWHERE, sign_out_everywhere),
    (EVERYWHERE, end_sessions_of_somebody),
    (SECOND_FACTOR, switch_second_factor_on),
    (SECOND_FACTOR, switch_second_factor_off),
    (SECOND_FACTOR, reset_second_factor),
    (ONE_SESSION, end_a_session),
    (ONE_SESSION, sign_out),
]


def rows_of_ways_in():
    """For everybody what they get in by: name of a table, id of the user, and what of the row matters."""
    found = set()
    for columns in (
        (User.id, User.email, User.password_hash),
        (Session.user, Session.id, Session.token_hash),
        (Token.user, Token.id),
        (OneTimeToken.user, OneTimeToken.id),
        (Mail.user, Mail.id),
        (SecondFactor.user, SecondFactor.secret),
        (RecoveryCode.factor, RecoveryCode.id),
    ):
        model = columns[0].model
        rows = model.select(*columns).tuples()
        if model is Mail:
            rows = rows.where(Mail.kind.in_(templates.links))
        found |= {(model.__name__, *row) for row in rows}
    return found


def work_off():
    """Do what is in the queue, as a worker does."""
    while message := huey.dequeue():
        huey.execute(message)


def is_open(invitation):
    """Whether somebody can register by the *invitation*, a secret."""
    return OneTimeToken.active(INVITE).where(OneTimeToken.token_hash == hash_of(invitation)).exists()


def is_known(browser, user):
    """Whether the account knows the browser by its device cookie."""
    with _carrying(browser, "known"):
        return cookies.device_of(User.get_by_id(user.id)) is not None


def is_remembered(browser, user):
    """Whether the user need not show a code in the browser."""
    with _carrying(browser, "device"):
        return remembered_devices.knows(User.get_by_id(user.id))


def _carrying(browser, name):
    cookie = browser.get_cookie(name)
    headers = {"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {}
    return browser.application.test_request_context(headers=headers)


def _acting(ways_in):
    """The user, as their own browser's request has them."""
    user = User.get_by_id(ways_in.user.id)
    user.session = ways_in.own_session
    return user

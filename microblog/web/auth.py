"""Who is signed in: passwords are checked, sessions begin and end; what Flask-Login needs to know."""

from flask import after_this_request, current_app, request, session
from flask_login import LoginManager, current_user, decode_cookie, encode_cookie, login_user, logout_user

from microblog import accounts
from microblog.mail import account_notices
from microblog.models import Session, User
from microblog.models.exceptions import DemoShutOut, Suspended
from microblog.security import security_log
from microblog.security.passwords import check_password
from microblog.web import caching, cookies, second_step

# What a browser's session keeps on signing in and out: messages to be shown, and harmless choices.
KEPT = {"_flashes", "_remember", "_remember_seconds", "languages"}


class WrongPassword(Exception):
    """There is no such user, or it is not their password; which of the two is not said."""


class OurLoginManager(LoginManager):
    """
    Flask-Login signs its cookie by itself, and does not know fallback keys.

    Where everybody gets the same, it must not even look for a user.
    """

    def _load_user(self):
        if caching.for_everybody():
            return self._update_request_context_with_user()
        return super()._load_user()

    def _session_protection_failed(self):
        """Never, see below; Flask-Login would draw up what it compares all the same."""
        return False

    def _load_user_from_remember_cookie(self, cookie):
        for key in current_app.config["SECRET_KEY_FALLBACKS"]:
            if token := decode_cookie(cookie, key):
                cookie = encode_cookie(token)
                session["_remember"] = "set"  # Signed again, it outlives the former key.
        return super()._load_user_from_remember_cookie(cookie)


login_manager = OurLoginManager()
login_manager.login_view = "sign_in.login"
# Sessions are rows, ended one by one; an IP address that changes, as on a train, must not end them.
login_manager.session_protection = None


def authenticate(username, password, **facts):
    """
    The user of that name and password; a refusal is logged with *facts*.

    Raises:
        WrongPassword: or
        Suspended: or
        DemoShutOut: raised only for the right password, so that nobody else learns of it.
    """
    user = User.named(username)
    if not check_password(user, password):
        # Only the name of an existing user: people type passwords into the wrong field.
        security_log.record("sign-in-failed", user, **facts)
        raise WrongPassword
    if user.suspended_at:
        security_log.record("sign-in-refused", user, reason="suspended", **facts)
        raise Suspended
    if is_shut_out(user):
        security_log.record("sign-in-refused", user, reason="demo", **facts)
        raise DemoShutOut
    return user


def is_shut_out(user):
    """Whether *user* is a demo person where others can reach the site: everybody knows the password."""
    return user.is_demo and not current_app.config["SETTINGS"].private


def sign_in(user, remember, onwards):
    """
    Start a session for *user*, who has shown their password, and return *onwards*, a redirect.

    Whoever has a second factor is led to the page that asks for it, instead; it leads onwards.

    Raises:
        CredentialsChanged: an act has revoked what *user* was checked by.
    """
    # Their session in this browser began with it.
    if current_user != user and second_step.is_needed(user):
        return second_step.begin(user, remember, onwards.location)
    start_session(user, remember)
    return onwards


def start_session(user, remember):
    """
    Start a session for *user*, who has shown all that is asked of them, and set the cookies with its token.

    The browser's former session ends. They are told by mail unless this browser is known to them, or they
    have just been given the account.

    Raises:
        CredentialsChanged: an act has revoked what *user* was checked by.
    """
    is_new = not (user.seen_at is None or current_user == user or cookies.device_of(user))
    with user.as_checked():
        session, token = Session.start(user, remember, request.user_agent.string)
        if is_new:
            account_notices.send(user, "new_browser")
        if current_user.is_authenticated:
            current_user.session.delete_instance()
    _forget_session()
    user.session, user.token = session, token
    login_user(user, remember=remember)
    cookies.remember_account(user)
    security_log.record("sign-in", user, door=request.endpoint)


def renew_session():
    """
    Note that the reader has given their password, and replace the session's token: copies of it are void.

    What else the browser has stays, such as the tokens of forms in other tabs.

    Raises:
        CredentialsChanged: an act has revoked what the password was checked by.
    """
    user = reader()
    with user.as_checked():
        user.token = user.session.renew()
    login_user(user, remember=user.session.remembered)
    security_log.record("password-confirmed", user)


def sign_out():
    """Delete the session row, so that copies of its cookies are useless; clear cookies and drafts."""
    accounts.end_session(current_user.session, by_itself=True)
    logout_user()
    _forget_session()

    @after_this_request
    def clear_drafts(response):
        response.headers["Clear-Site-Data"] = '"storage"'
        return response


def _forget_session():
    """Nobody who knew the browser's old cookie shall know anything in the next, such as its CSRF token."""
    for name in set(session) - KEPT:
        # Flask-Login itself removes the keys by which it clears its own cookie.
        session.pop(name)


@login_manager.user_loader
def load_user(token):
    """The user of a live session, or None; ``seen_at``, once a minute, is the only write of a GET."""
    session = Session.from_token(token)
    if session is None or is_shut_out(session.user):
        return None
    if request.endpoint not in POLLING:
        session.touch()
    user = session.user
    user.session, user.token = session, token
    return user


def reader():
    """The signed-in user, or None."""
    user = current_user._get_current_object()
    return user if user.is_authenticated else None


# Endpoints that a forgotten tab keeps polling; requests for them do not mean that the user is active.
POLLING = {"notifications.index", "posts.newer", "tasks.card"}

"""Who is signed in: passwords, session rows and what Flask-Login needs to know."""

import functools

from flask import abort, after_this_request, current_app, request, session
from flask_login import (
    LoginManager,
    current_user,
    decode_cookie,
    encode_cookie,
    login_required,
    login_user,
    logout_user,
)

from microblog.database import db
from microblog.models import Mail, Session, Ticket, Token, User
from microblog.security import device_cookies, security_log
from microblog.security.password_hashes import hash_password

# What a browser's session keeps on signing in and out: messages to be shown, and harmless choices.
KEPT = {"_flashes", "_remember", "_remember_seconds", "language"}


class BelievingFormerKeys(LoginManager):
    """Flask-Login signs its cookie by itself, and does not know fallback keys."""

    def _load_user_from_remember_cookie(self, cookie):
        for key in current_app.config["SECRET_KEY_FALLBACKS"]:
            if token := decode_cookie(cookie, key):
                cookie = encode_cookie(token)
                session["_remember"] = "set"  # Signed again, it outlives the former key.
        return super()._load_user_from_remember_cookie(cookie)


login_manager = BelievingFormerKeys()
login_manager.login_view = "auth.login"
# Sessions are rows, ended one by one; an IP address that changes, as on a train, must not end them.
login_manager.session_protection = None


def register(username, email, password_hash, invite=None):
    """
    Create an account and return it; *invite*, a Ticket or None, is used up.

    Raises:
        TicketUsed: the invitation is no longer valid.
        UsernameTaken: or
        EmailTaken: somebody was there first; the invitation stays valid.
    """
    with db.atomic():
        if invite:
            invite.use()
        user = User.register(username, email, password_hash)
    security_log.record("registered", user)
    return user


def change_password(user, password, ticket=None):
    """
    Set a new password; end the sessions and tokens of *user*, and revoke all links mailed to them.

    Raises:
        TicketUsed: *ticket*, which permits it, is no longer valid.
    """
    password_hash = hash_password(password)
    with db.atomic():
        if ticket:
            ticket.use()
        user.change_password(password_hash)
        Session.end_all(user)
        Token.end_all(user)
        Ticket.void(user)
    security_log.record("password-reset" if ticket else "password-changed", user)


def change_email(ticket, deliver):
    """
    Set the address of *ticket* for its user, and revoke all links mailed to them.

    The job *deliver* notifies the old address.

    Raises:
        TicketUsed: the ticket is no longer valid.
        EmailTaken: somebody else has the address by now.
    """
    with db.atomic():
        ticket.use()
        Mail.send(deliver, "email_changed", ticket.user.email, user=ticket.user)
        ticket.user.change_email(ticket.email)
        Ticket.void(ticket.user)
    security_log.record("email-changed", ticket.user)


def suspend(user):
    """Sign *user* out everywhere and hide what they wrote. Return whether it was done."""
    with db.atomic():
        if done := user.suspend():
            Session.end_all(user)
    return done


def sign_in(user, remember):
    """Start a session for *user* and set the cookies with its token; the browser's former session ends."""
    if current_user.is_authenticated:
        current_user.session.delete_instance()
    _forget_session()
    user.session, user.token = Session.start(user, remember, request.user_agent.string)
    login_user(user, remember=remember)
    device_cookies.remember(user)
    security_log.record("sign-in", user)


def sign_out():
    """Delete the session row, so that copies of its cookies are useless; clear cookies and drafts."""
    security_log.record("sign-out", current_user)
    current_user.session.delete_instance()
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
    session = Session.of(token)
    if session is None:
        return None
    if request.endpoint not in POLLING:
        session.touch()
    user = session.user
    user.session, user.token = session, token
    return user


def reader():
    """The signed-in user, or None."""
    return current_user._get_current_object() if current_user.is_authenticated else None


# Endpoints that a forgotten tab keeps polling; requests for them do not mean that the user is active.
POLLING = {"notifications.index", "posts.newer", "tasks.card"}


def admin_required(view):
    """Let administrators in; other users who are signed in get a 404."""

    @login_required
    @functools.wraps(view)
    def guarded(*args, **kwargs):
        return view(*args, **kwargs) if current_user.is_admin else abort(404)

    return guarded

"""What is done to accounts: made, changed, suspended, deleted. Each act is recorded in the security log."""

import logging

from microblog.accounts import credentials
from microblog.accounts.credentials import EVERYWHERE, NEW_ADDRESS, NEW_PASSWORD, ONE_SESSION, SUSPENSION
from microblog.accounts.new_password import hash_new
from microblog.base.addresses import email_key
from microblog.base.database import data_dir, db
from microblog.mail import account_notices
from microblog.mail.mail import Mail
from microblog.mail.templates import may_be_mailed
from microblog.models import Invited, Message, OneTimeToken, Post, Session, Site, Token, User
from microblog.models.exceptions import LastAdministrator, SetUpAlready, Suspended
from microblog.security import security_log, setup_code
from microblog.tasks.task import Task

log = logging.getLogger(__name__)


def register(
    username: str,
    email: str,
    password: str,
    invite: OneTimeToken | None = None,
    language: str | None = None,
) -> User:
    """
    Create the account of whoever asks for it, and return it; *invite*, a OneTimeToken or None, is used up.

    Who was invited by somebody and that person follow each other from now on.

    A link to confirm the address is mailed to it, if there is a mail server.

    Raises:
        PasswordRefused: others would guess it.
        TokenInvalid: the invitation is no longer valid.
        UsernameTaken: or
        EmailTaken: somebody was there first; the invitation stays valid.
    """
    password_hash = hash_new(password, username, email)
    with db.atomic():
        if invite:
            invite.redeem()
        user = User.register(username, email, password_hash)
        if invite and invite.user:
            Invited.welcome(user, invite.user)
        if not may_be_mailed(user):
            _mail_link(user, email, language)
    security_log.record("registered", user)
    return user


def create(username: str, email: str, password: str, is_admin: bool, by: str) -> User:
    """
    Create an account for somebody else, and return it; *by* is the name of who does.

    Raises:
        PasswordRefused: others would guess it.
        UsernameTaken: or
        EmailTaken: somebody was there first.
    """
    password_hash = hash_new(password, username, email)
    user = User.register(username, email, password_hash, is_admin, confirmed=True)
    security_log.record("registered", user, by=by, role="administrator" if is_admin else "member")
    if is_admin:
        setup_code.remove(data_dir())
    return user


def set_up(username: str, email: str, password: str, **site: str) -> User:
    """
    Create the account of the first administrator, and return it; the set-up code is used up.

    *site*: what they say of it, fields of ``Site`` by name.

    Raises:
        PasswordRefused: others would guess it.
        SetUpAlready: there is an administrator.
        UsernameTaken: or
        EmailTaken: somebody was there first.
    """
    password_hash = hash_new(password, username, email)
    with db.atomic():
        if User.has_admin():
            raise SetUpAlready
        user = User.register(username, email, password_hash, is_admin=True, confirmed=True)
        if site:
            Site.change(**site)
    security_log.record("set-up", user)
    setup_code.remove(data_dir())
    return user


def change_password(
    user: User, password: str, token: OneTimeToken | None = None, by: str | None = None
) -> None:
    """
    Set a new password, permitted by *token*, by the operator *by*, or by the check that read *user*.

    Raises:
        PasswordRefused: others would guess it, or it is the present one.
        TokenInvalid: *token* is no longer valid.
        CredentialsChanged: the check is no longer valid.
    """
    password_hash = hash_new(password, user.username, user.email, user)
    with db.atomic() if token or by else user.as_checked():
        if token:
            token.redeem()
            # It was mailed to their address.
            user.confirm()
        credentials.revoke(NEW_PASSWORD, user)
        user.change_password(password_hash)
        account_notices.send(user, "password", by=by)
    security_log.record("password-reset" if token else "password-changed", user, by=by)


def request_password_reset(email: str, language: str) -> None:
    """Have a worker find out whose address *email* is, if anybody's, and mail them a link."""
    Mail.send("reset_password", email_key(email), language=language)
    security_log.record("reset-asked")


def request_email_change(user: User, email: str, language: str) -> None:
    """
    Mail a link to *email*; nothing changes until it is confirmed.

    If it is the address of somebody else's account, they are told so instead: nobody else learns of it.

    Raises:
        CredentialsChanged: the check that read *user* is no longer valid.
    """
    owner = User.with_email(email)
    if owner and owner != user:
        Mail.send("account_exists", email, user=owner)
    else:
        _mail_link(user, email, language)
    security_log.record("email-change-asked", user)


def request_confirmation(user: User, language: str) -> None:
    """Mail the link that confirms the present address of *user* once more."""
    _mail_link(user, user.email, language)
    security_log.record("confirmation-asked", user)


def _mail_link(user: User, email: str, language: str | None) -> None:
    Mail.send("change_email", email, user=user, language=language)


def change_email(token: OneTimeToken) -> None:
    """
    Set the address of *token* for its user and notify the old one; confirm it, if it is theirs already.

    Raises:
        TokenInvalid: the token is no longer valid.
        EmailTaken: somebody else has the address by now.
    """
    assert token.user  # Only links to register are nobody's.
    if token.email == token.user.email:
        _confirm_email(token)
        return
    with db.atomic():
        token.redeem()
        # Afterwards nothing would show whose they are, and they would outlive the account.
        Mail.adopt_addressed_to(token.user)
        credentials.revoke(NEW_ADDRESS, token.user)
        account_notices.send_to_former_address(token.user)
        token.user.change_email(token.email)
    security_log.record("email-changed", token.user)


def _confirm_email(token: OneTimeToken) -> None:
    with db.atomic():
        token.redeem()
        assert token.user is not None
        token.user.confirm()
    security_log.record("email-confirmed", token.user)


def make_token(user: User, name: str, read_only: bool = False) -> tuple[Token, str]:
    """
    Make a token for a program of *user*; return its row and its secret, which cannot be retrieved later.

    Raises:
        TooManyTokens: one must be ended first.
        CredentialsChanged: the check that read *user* is no longer valid.
    """
    with db.atomic():
        token, secret = Token.issue(user, name, read_only)
        account_notices.send(user, "token")
    return token, secret


def make_admin(user: User, by: str) -> None:
    """
    Make *user* an administrator, unless they are one; the set-up code is used up.

    Raises:
        Suspended: they have to be restored first.
    """
    with db.atomic():
        present = User.get_by_id(user.id)
        if present.suspended_at:
            raise Suspended
        User.update(is_admin=True).where(User.id == user.id).execute()
    setup_code.remove(data_dir())
    if not present.is_admin:
        security_log.record("made-administrator", user, by=by)


def sign_out_everywhere(user: User, own: Session) -> None:
    """
    End all sessions of *user* but *own*, and all their tokens.

    Raises:
        CredentialsChanged: the check that read *user* is no longer valid.
    """
    with user.as_checked():
        credentials.revoke(EVERYWHERE, user, own)
    security_log.record("other-sessions-ended", user)


def end_sessions(user: User, by: str) -> None:
    """End all sessions and tokens of *user* for the administrator *by*, in case somebody else has got in."""
    with db.atomic():
        credentials.revoke(EVERYWHERE, user)
    security_log.record("sessions-ended", user, by=by)


def end_session(session: Session, by_itself: bool = False) -> None:
    """Sign the browser with *session* out, asked to by that browser itself or by another one of its user."""
    with db.atomic():
        credentials.revoke(ONE_SESSION, session.user)
        session.delete_instance()
    security_log.record("sign-out" if by_itself else "session-ended", session.user)


def suspend(user: User, by: str) -> bool:
    """Sign *user* out everywhere and hide what they wrote. Return whether it was done."""
    with db.atomic():
        if done := user.suspend():
            credentials.revoke(SUSPENSION, user)
    if done:
        security_log.record("suspended", user, by=by)
    return done


def restore(user: User, by: str) -> None:
    """Undo the suspension of *user*."""
    user.restore()
    security_log.record("restored", user, by=by)


def delete(user: User, by: str | None = None) -> None:
    """
    Delete *user*, the rows that refer to them and the files of those rows: all or nothing.

    Only if they wrote thousands of posts, most of these are deleted beforehand.
    A worker that is busy for them stops when it next checks the row, and removes what it has begun.

    Raises:
        LastAdministrator: no administrator would be left.
        CredentialsChanged: the check that read *user* is no longer valid; others, named *by*, need none.
    """
    permitted = db.atomic if by else user.as_checked
    with permitted():
        pass  # Before anything is deleted.
    # Not an administrator's: the account may turn out to be the last one and stay.
    if not user.is_admin:
        Post.delete_most_by(user)
    with permitted():
        rows = [*Task.for_user(user), *Mail.addressed_to(user), *user.imports]
        Mail.delete_addressed_to(user)
        Message.delete_all_from(user)
        if user.is_last_admin:
            raise LastAdministrator
        user.delete_instance()
    security_log.record("account-deleted", user, by=by)
    for row in rows:
        try:
            row.delete_files()
        except OSError:
            # The account is gone all the same; the nightly work tries again.
            log.exception("files of a deleted account are left")

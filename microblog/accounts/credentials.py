"""
What ends when credentials change: the one list of the acts that revoke, and of what each of them ends.

What is there ends by this list. What is under way, checked before the act and to be recorded after it,
is refused by ``User.as_checked``, whatever the act.
"""

from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, Session, Token, User

SESSIONS, TOKENS, LINKS, LINK_MAILS, DEVICES = "sessions", "tokens", "links", "link mails", "device cookies"
INVITATIONS = "invitations"
# How all that a user has of each ends, but for the browser with the session *own*, or None. Mails before
# the links that are in them: a worker that is about to put one in finds its mail ended.
END = {
    SESSIONS: Session.end_all,
    TOKENS: lambda user, _own: Token.end_all(user),
    LINK_MAILS: lambda user, _own: Mail.end_links(user),
    LINKS: lambda user, _own: OneTimeToken.revoke_all(user),
    DEVICES: lambda user, _own: user.end_devices(),
    INVITATIONS: lambda user, _own: OneTimeToken.revoke_invitations(user),
}

NEW_PASSWORD, NEW_ADDRESS, SUSPENSION = "new password", "new address", "suspension"
EVERYWHERE, SECOND_FACTOR, ONE_SESSION = "sign out everywhere", "second factor", "one session"
ENDS = {
    NEW_PASSWORD: (SESSIONS, TOKENS, LINK_MAILS, LINKS, DEVICES, INVITATIONS),
    NEW_ADDRESS: (LINK_MAILS, LINKS),
    SUSPENSION: (SESSIONS, LINK_MAILS, LINKS, INVITATIONS),
    EVERYWHERE: (SESSIONS, TOKENS, DEVICES, INVITATIONS),
    # Switched on, switched off or reset.
    SECOND_FACTOR: (SESSIONS, DEVICES),
    # Signed out of: the act deletes that one by itself.
    ONE_SESSION: (),
}


def revoke(act: str, user: User, own: Session | None = None) -> None:
    """
    End what *act* ends of *user*; call this in the transaction of the act, before anything else of it.

    The browser with the session *own* stays signed in. Afterwards *user* counts as checked, and the view
    gives that browser a new device cookie.
    """
    user.raise_credentials()
    for thing in ENDS[act]:
        END[thing](user, own)

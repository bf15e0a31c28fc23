"""
The step between the right password and the session, for who has a second factor.

The browser's cookie, which is signed, says who has shown the right password; that alone opens no page.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from flask import redirect, session, url_for

from microblog.base import clock
from microblog.models import SecondFactor, User
from microblog.web import remembered_devices

NAME = "second_step"
LASTS = timedelta(minutes=10)


class Step(NamedTuple):
    user: User
    remember: bool
    onwards: str


def is_needed(user):
    """Whether *user* has a second factor, and this browser is not one in which they need not show it."""
    return SecondFactor.of(user) is not None and not remembered_devices.knows(user)


def begin(user, remember, onwards):
    """Note that *user* has shown the right password; return a redirect to where the code is asked for."""
    until = clock.now() + LASTS
    session[NAME] = [user.id, user.credentials, remember, onwards, until.isoformat()]
    return redirect(url_for("second_step.show"))


def pending():
    """The Step that this browser has to take; None if there is none, or not any more."""
    if NAME not in session:
        return None
    user_id, credentials, remember, onwards, until = session[NAME]
    unchanged = (User.id == user_id, User.credentials == credentials, User.suspended_at.is_null())
    user = User.get_or_none(*unchanged)
    late = datetime.fromisoformat(until) <= clock.now()
    return None if late or user is None else Step(user, remember, onwards)

"""
The account that was last signed in to from a browser, in a signed cookie.

Whoever tries many passwords for an account delays the next tries for it, wherever they come from. A browser
that has been let in before is exempt: nobody can keep others out of their own account.
"""

from datetime import timedelta

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from microblog.security import cookies

LASTS = timedelta(days=90)


def remember(user):
    """Let the browser of this request be known as one of *user*."""
    value = _serializer().dumps(user.username.casefold())

    @after_this_request
    def keep(response):
        cookies.keep(response, _name(), value, LASTS)
        return response


def knows(username):
    """Whether *username* was let in from the browser of this request, not too long ago."""
    try:
        known = _serializer().loads(request.cookies.get(_name(), ""), max_age=LASTS.total_seconds())
    except BadSignature:
        return False
    return known == username.casefold()


def _serializer():
    return URLSafeTimedSerializer(current_app.config["SIGNING_KEYS"], salt="known browser")


def _name():
    return "__Host-known" if current_app.config["SETTINGS"].https else "known"

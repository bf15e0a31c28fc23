"""
The account that was last signed in to from a browser, in a signed cookie.

Many wrong passwords for an account delay further tries for it, wherever they come from. A browser that has
signed in to it before is exempt, so nobody can lock others out of their own account.
"""

from datetime import timedelta

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature

from microblog.security.signatures import serializer
from microblog.web import cookies

LASTS = timedelta(days=90)


def remember(user):
    """Mark the browser of this request as known to *user*."""
    value = _serializer().dumps(user.username.casefold())

    @after_this_request
    def keep(response):
        cookies.keep(response, _name(), value, LASTS)
        return response


def knows(username):
    """Whether *username* has signed in from the browser of this request within ``LASTS``."""
    try:
        known = _serializer().loads(request.cookies.get(_name(), ""), max_age=LASTS.total_seconds())
    except BadSignature:
        return False
    return known == username.casefold()


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "known browser")


def _name():
    return "__Host-known" if current_app.config["SETTINGS"].https else "known"

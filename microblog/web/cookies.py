"""
Our own cookies besides the session's: out of reach of scripts and of other sites.

One of them, signed, names the account that was last signed in to from a browser. Many wrong passwords for an
account delay further tries for it, wherever they come from. A browser that has signed in to it before is
exempt, so nobody can lock others out of their own account.
"""

from datetime import timedelta

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature

from microblog.security.signatures import serializer

KNOWN_FOR = timedelta(days=90)
YEAR = timedelta(days=365)


def keep(name, value, lifetime=YEAR):
    """Let the browser of this request keep *value* for *lifetime*, a timedelta."""
    https = current_app.config["SETTINGS"].https

    @after_this_request
    def set_cookie(response):
        response.set_cookie(name, value, max_age=lifetime, secure=https, httponly=True, samesite="Lax")
        return response


def remember_account(user):
    """Mark the browser of this request as known to *user*."""
    keep(_name(), _serializer().dumps(user.username.casefold()), KNOWN_FOR)


def knows_account(username):
    """Whether *username* has signed in from the browser of this request within ``KNOWN_FOR``."""
    try:
        known = _serializer().loads(request.cookies.get(_name(), ""), max_age=KNOWN_FOR.total_seconds())
    except BadSignature:
        return False
    return known == username.casefold()


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "known browser")


def _name():
    return "__Host-known" if current_app.config["SETTINGS"].https else "known"

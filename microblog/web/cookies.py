"""
Our own cookies besides the session's: out of reach of scripts, other sites and other apps.

One of them, the device cookie, is signed and says which account was last signed in to from a browser. Many
wrong passwords for an account delay further tries for it, wherever they come from. A browser that has signed
in to it before counts for itself, so nobody can lock others out of their own account.
"""

from datetime import timedelta

from flask import after_this_request, current_app
from itsdangerous import BadSignature

from microblog.base.cookie_names import full_name, given
from microblog.security.random_secret import new_secret
from microblog.security.signatures import serializer

DEVICE = "known"
KNOWN_FOR = timedelta(days=90)
YEAR = timedelta(days=365)


def keep(name, value, lifetime=YEAR):
    """Let the browser of this request keep *value* as the cookie *name* for *lifetime*, a timedelta."""
    https = current_app.config["SETTINGS"].https

    @after_this_request
    def set_cookie(response):
        response.set_cookie(
            full_name(name), value, max_age=lifetime, secure=https, httponly=True, samesite="Lax"
        )
        return response


def remember_account(user):
    """Give the browser of this request a device cookie for *user*, void if the user was not checked since."""
    keep(DEVICE, _serializer().dumps([user.id, user.credentials, new_secret()]), KNOWN_FOR)


def device_of(user):
    """The random id of the device cookie of this request; None unless it is valid, and for *user*."""
    try:
        user_id, credentials, device = _serializer().loads(given(DEVICE), max_age=KNOWN_FOR.total_seconds())
    except BadSignature:
        return None
    return device if user and user.id == user_id and credentials >= user.devices_since else None


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "device cookie")

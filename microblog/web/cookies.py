"""
Our own cookies besides the session's: out of reach of scripts and of other sites.

One of them, the device cookie, is signed and says which account was last signed in to from a browser. Many
wrong passwords for an account delay further tries for it, wherever they come from. A browser that has signed
in to it before counts for itself, so nobody can lock others out of their own account.
"""

from datetime import timedelta

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature

from microblog.security.random_secret import new_secret
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
    """Give the browser of this request a device cookie for *user*, void if the user was not checked since."""
    keep(_name(), _serializer().dumps([user.id, user.credentials, new_secret()]), KNOWN_FOR)


def device_of(user):
    """The random id of the device cookie of this request; None unless it is valid, and for *user*."""
    try:
        given = _serializer().loads(request.cookies.get(_name(), ""), max_age=KNOWN_FOR.total_seconds())
    except BadSignature:
        return None
    user_id, credentials, device = given
    return device if user and user.id == user_id and credentials >= user.devices_since else None


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "device cookie")


def _name():
    return "__Host-known" if current_app.config["SETTINGS"].https else "known"

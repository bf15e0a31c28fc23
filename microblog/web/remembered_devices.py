"""Browsers in which no code is asked for: each has a signed cookie, void once the second factor changes."""

from datetime import timedelta

from flask import current_app
from itsdangerous import BadSignature

from microblog.base.cookie_names import given
from microblog.security.signatures import serializer
from microblog.web import cookies

COOKIE = "device"
LASTS = timedelta(days=30)


def add(user):
    """Ask *user* for no code in the browser of this request for ``LASTS``."""
    cookies.keep(COOKIE, _serializer().dumps([user.id, user.credentials]), LASTS)


def knows(user):
    """Whether *user* need not show a code in the browser of this request."""
    try:
        owner, credentials = _serializer().loads(given(COOKIE), max_age=LASTS.total_seconds())
    except BadSignature:
        return False
    return owner == user.id and credentials >= user.devices_since


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "remembered device")

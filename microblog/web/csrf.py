"""
CSRF tokens: each form carries one, and a change that is requested without it is refused.

Flask-WTF has the same, but signs by HMAC-SHA-1 and leaves no choice.
"""

import hmac
import secrets

from flask import abort, current_app, request, session
from itsdangerous import BadData
from wtforms.csrf.core import CSRF

from microblog.security.signatures import serializer

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


def init_app(app):
    app.before_request(check)
    app.add_template_global(new_token, "csrf_token")


def new_token():
    """A token for a form of this page; the session has what it is compared with."""
    return _serializer().dumps(session.setdefault("csrf_token", secrets.token_hex(16)))


def check():
    """
    Refuse a change without a valid token, however long its form stood open: no typed text must be lost.

    Under ``/api`` no cookie counts that another site could misuse.
    """
    if request.method in SAFE or request.endpoint is None or request.blueprint == "api":
        return
    token = request.form.get("csrf_token") or request.headers.get("X-CSRFToken", "")
    try:
        value = _serializer().loads(token)
    except BadData:
        abort(400)
    if not hmac.compare_digest(value, session.get("csrf_token", "")):
        abort(400)


class FormToken(CSRF):
    """The hidden field of WTForms; its value was checked before the form was made."""

    def generate_csrf_token(self, _field):
        return new_token()

    def validate_csrf_token(self, _form, _field):
        pass


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "wtf-csrf-token")

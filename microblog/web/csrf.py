"""
Refuses changes that another site has requested: by where they started, and without the token of a form.

Browsers say where a request started, in ``Sec-Fetch-Site`` or, if they are older or use plain HTTP, in
``Origin``; no page can forge either. A client that sends neither is not a browser that could be misled,
and needs a token all the same. Flask-WTF would sign tokens by HMAC-SHA-1 and leaves no choice.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import abort, current_app, g, request, session
from itsdangerous import BadData

from microblog.security.signatures import serializer

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Typed, bookmarked or reloaded by the user, or started by a page of ours.
OWN = {"none", "same-origin"}


def init_app(app):
    app.before_request(check)
    app.add_template_global(new_token, "csrf_token")


def new_token():
    """A token for the forms of this page; the session has what it is compared with."""
    value = session.setdefault("csrf_token", secrets.token_hex(16))
    if value not in g.setdefault("csrf_tokens", {}):
        g.csrf_tokens[value] = _serializer().dumps(value)
    return g.csrf_tokens[value]


def check():
    """Refuse a change from elsewhere; under ``/api`` no cookie counts, so it needs no token."""
    if request.method in SAFE:
        return
    if not _begun_here():
        abort(403)
    if request.endpoint and request.blueprint != "api" and not _has_token():
        abort(400)


def _begun_here():
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in OWN
    origin = request.headers.get("Origin")
    # Behind a proxy that is not named in TRUSTED_PROXIES the scheme is not that of BASE_URL.
    ours = filter(None, (f"{request.scheme}://{request.host}", current_app.config["BASE_URL"]))
    return origin is None or _normal(origin) in map(_normal, ours)


def _normal(url):
    """Scheme, host and port of *url*; None if it cannot be parsed, which never equals our own origin."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def _has_token():
    """However long its form stood open: no typed text must be lost."""
    token = request.form.get("csrf_token") or request.headers.get("X-CSRFToken", "")
    try:
        return hmac.compare_digest(_serializer().loads(token), session.get("csrf_token", ""))
    except BadData:
        return False


def _serializer():
    return serializer(current_app.config["SIGNING_KEYS"], "wtf-csrf-token")

"""
Refuses changes requested from another site: a second defence besides CSRF tokens.

Browsers say where a request started, in ``Sec-Fetch-Site`` or, if they are older or use plain HTTP, in
``Origin``; no page can forge either. A client that sends neither is not a browser that could be misled,
and needs a token all the same.
"""

from urllib.parse import urlsplit

from flask import abort, current_app, request

from microblog.web.csrf import SAFE

# Typed, bookmarked or reloaded by the user, or started by a page of ours.
OWN = {"none", "same-origin"}


def init_app(app):
    @app.before_request
    def refuse_other_sites():
        if request.method not in SAFE and not _begun_here():
            abort(403)


def _begun_here():
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in OWN
    origin = request.headers.get("Origin")
    # Behind a proxy that is not named in TRUSTED_PROXIES the scheme is not that of BASE_URL.
    return origin is None or _normal(origin) in (_normal(request.host_url), _normal(_base_url()))


def _base_url():
    return current_app.config["BASE_URL"] or request.host_url


def _normal(url):
    """Scheme, host and port of *url*; None if it cannot be parsed, which never equals our own origin."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None

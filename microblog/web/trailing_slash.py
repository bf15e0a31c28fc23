"""An address with a slash too many, as some programs write them, leads to the page without it."""

from flask import request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException, NotFound

from microblog.web.csrf import SAFE
from microblog.web.redirects import onwards


def init_app(app):
    app.before_request(lead_to_page)


def lead_to_page():
    """Redirect to the path as its rule builds it: what was asked for might begin like another host's."""
    path = request.path
    if not (
        isinstance(request.routing_exception, NotFound) and path.endswith("/") and request.method in SAFE
    ):
        return None
    try:
        endpoint, values = request_ctx.url_adapter.match(path.rstrip("/"), method="GET")
    except HTTPException:
        return None
    return onwards(request_ctx.url_adapter.build(endpoint, values), 308)

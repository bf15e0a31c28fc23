"""Writes to the security log who was refused what: 403, and the 404 that hides the administrator's pages."""

from flask import request

from microblog.security import security_log
from microblog.web.auth import reader


def init_app(app):
    app.after_request(record)


def record(response):
    if response.status_code == 403 or (response.status_code == 404 and _is_hidden()):
        security_log.record("access-refused", reader(), door=request.endpoint)
    return response


def _is_hidden():
    """Whether the requested page is there, but not for this reader."""
    user = reader()
    rule = request.url_rule.rule if request.url_rule else ""
    return rule.startswith("/admin") and user is not None and not user.is_admin

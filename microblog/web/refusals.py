"""Writes to the security log who was refused what: 403, and the 404 that hides the administrator's pages."""

from flask import request

from microblog.security import security_log
from microblog.web.auth import reader
from microblog.web.members_only import is_hidden_from


def init_app(app):
    app.after_request(record)


def record(response):
    if response.status_code == 403 or (response.status_code == 404 and _was_hidden(reader())):
        security_log.record("access-refused", reader(), door=request.endpoint)
    return response


def _was_hidden(user):
    return user is not None and is_hidden_from(user)

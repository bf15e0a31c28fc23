"""
``/api``, for programs: JSON in, JSON out, one resource per file.

Only a token identifies the caller. Cookies do not sign anybody in here, so no page of another site can
misuse a browser for requests, and no request needs a CSRF token.
"""

from microblog.api import (
    document,
    exports,
    follows,
    messages,
    notifications,
    posts,
    tasks,
    tokens,
    users,
)
from microblog.api.operation import bp

# Imported because they register operations.
RESOURCES = (tokens, users, follows, posts, messages, notifications, tasks, exports)


def init_app(app):
    app.extensions["csrf"].exempt(bp)
    app.register_blueprint(bp)
    app.register_blueprint(document.bp)

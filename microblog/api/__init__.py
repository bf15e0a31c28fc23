"""
``/api``, for programs: JSON in, JSON out, one resource a file.

Who asks is told by a token alone. A cookie signs nobody in here, so no page of another site can make a
browser ask for anything, and no request needs a CSRF token.
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

# Imported for the operations that they add.
RESOURCES = (tokens, users, follows, posts, messages, notifications, tasks, exports)


def init_app(app):
    app.extensions["csrf"].exempt(bp)
    app.register_blueprint(bp)
    app.register_blueprint(document.bp)

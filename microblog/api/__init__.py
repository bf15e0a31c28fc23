"""
``/api``, for programs: JSON in, JSON out, one resource per file.

Only a token identifies the caller. Cookies do not sign anybody in here, so no page of another site can
misuse a browser for requests, and no request needs a CSRF token.
"""

from werkzeug.utils import find_modules, import_string

from microblog.api import document
from microblog.api.operation import bp


def init_app(app):
    for name in find_modules(__name__):
        import_string(name)  # Each resource registers its operations.
    app.register_blueprint(bp)
    app.register_blueprint(document.bp)

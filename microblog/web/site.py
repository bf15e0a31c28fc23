"""How the site is called and looks: ``site`` in templates, its row, which a request reads once at most."""

from flask import current_app, g
from werkzeug.local import LocalProxy

from microblog.models import Site
from microblog.web import caching


def init_app(app):
    app.extensions["site"] = Site()
    app.jinja_env.globals["site"] = LocalProxy(current)


def current():
    """The row; as this process knows it, where the request has no connection."""
    if "site" not in g:
        g.site = last_known() if caching.without_database() else _read()
    return g.site


def last_known():
    """The row as this process last read it, for pages that tell of a broken database."""
    return current_app.extensions["site"]


def _read():
    current_app.extensions["site"] = Site.current()
    return last_known()

"""
Paths of the site's pages, from patterns that are prepared once: ``/user/%(username)s``.

Flask's ``url_for`` looks for the rule and takes it apart again on each call, for 18 µs, and a page of 25
posts has over a hundred addresses. Here Werkzeug builds each of them once, with marks in the place of the
values; later the values take the place of the marks. What is not as simple is left to ``url_for``: a value
that would have to be quoted or that its rule may refuse, an address with a host.
"""

import re
from functools import lru_cache

from flask import current_app
from werkzeug.routing import BuildError

# What a path and a query hold as it is.
PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


def init_app(app):
    paths = app.extensions["paths"] = Paths(app)
    app.add_template_global(paths, "url_for")
    app.add_template_filter(paths, "url_for")
    app.add_template_filter(paths.filled, "in_path")


def path_for(endpoint, **values):
    """As ``url_for`` has it, for what many posts of a page or feed lead to."""
    return current_app.extensions["paths"](endpoint, **values)


class Paths:
    """Called like ``url_for``, with the same result."""

    def __init__(self, app):
        self._app = app
        self._prepared = lru_cache(maxsize=1000)(self._pattern)

    def __call__(self, endpoint, **values):
        pattern = self._prepared(endpoint, *values)
        if pattern and all(map(_is_plain, values.values())):
            return pattern % values
        return self._app.url_for(endpoint, **values)

    def filled(self, value, pattern, endpoint, name, **others):
        """The same for one *value*; a template that is compiled asks for its ``pattern`` once."""
        if _is_plain(value):
            return pattern % value
        return self._app.url_for(endpoint, **{name: value}, **others)

    def pattern(self, endpoint, name, **others):
        """The path with ``%s`` in the place of the value *name*; None if it takes more to build it."""
        path = self._prepared(endpoint, name, **others)
        return path and path.replace(f"%({name})s", "%s")

    def fixed(self, endpoint, **values):
        """The path, whatever the request or without one; None if only ``url_for`` knows it."""
        if any(name.startswith("_") for name in values):
            return None
        self._app.inject_url_defaults(endpoint, values)
        return self._app.url_map.bind("localhost").build(endpoint, values)

    def _pattern(self, endpoint, *names, **others):
        marks = {name: f"mark-of-{name}." for name in names}
        try:
            path = self.fixed(endpoint, **marks, **others)
        except (BuildError, ValueError):
            # A rule that takes only some values.
            return None
        path = path and path.replace("%", "%%")
        for name, mark in marks.items():
            path = path and path.replace(mark, f"%({name})s")
        return path


def _is_plain(value):
    return type(value) is int or (isinstance(value, str) and PLAIN.fullmatch(value))

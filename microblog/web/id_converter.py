"""Whole numbers in URLs: ids of rows, cursors and limits."""

import re

from werkzeug.routing import BaseConverter

from microblog.base.database import LARGEST_ID

DIGITS = "[0-9]{1,19}"


def init_app(app):
    app.url_map.converters["row_id"] = RowIdConverter


def whole_number(text):
    """The number that *text* is, at most ``LARGEST_ID``; None if it is none or longer than any id."""
    return min(int(text), LARGEST_ID) if re.fullmatch(DIGITS, text) else None


class RowIdConverter(BaseConverter):
    """
    An id in a path: ``<row_id:post_id>``.

    A number above ``LARGEST_ID`` is lowered like a cursor, not refused as by Werkzeug's ``int(max=…)``:
    that answers 405 to a POST at an address at which there is nothing.
    """

    regex = DIGITS

    def to_python(self, value):
        return whole_number(value)

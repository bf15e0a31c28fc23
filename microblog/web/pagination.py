"""Ids in paths and queries, and pagination by cursor."""

import re
from operator import attrgetter
from typing import NamedTuple

from flask import current_app, request
from werkzeug.routing import BaseConverter

from microblog.base import slices
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


class Page(NamedTuple):
    """Rows, as a rule newest first; *older* and *newer*: cursors for links, None where there are no more."""

    items: list
    older: int | None
    newer: int | None


def cursor(name):
    """The id in the query parameter *name*, at most ``LARGEST_ID``; None if there is no valid one."""
    return whole_number(request.args.get(name, ""))


def page(query, by=None):
    """
    The page of *query* that the request asks for by ``before`` or ``after``, an id.

    *query* is prepared and selects a model, newest first; *by* is the model whose key to page by, if another,
    or an order of ``models.people``.
    One extra row is fetched to see whether there are more. A page beyond either end is empty and links
    back.
    """
    size = current_app.config["POSTS_PER_PAGE"]
    before, after = cursor("before"), cursor("after")
    place = attrgetter(getattr(by, "place", "id"))
    if after is not None and before is None:
        rows = list(slices.oldest(query, after, size + 1, by))
        items = rows[:size][::-1]
        newer = place(items[0]) if len(rows) > size else None
        return Page(items, place(items[-1]) if items else after + 1, newer)
    rows = list(slices.newest(query, before, None, size + 1, by))
    items = rows[:size]
    older = place(items[-1]) if len(rows) > size else None
    if before is None:
        return Page(items, older, None)
    return Page(items, older, place(items[0]) if items else before - 1)


def page_onward(query, beginning, start):
    """
    The same with the rows oldest first: without a cursor from the id *start* on, else from *beginning* on.

    Ids up to *beginning* are none of theirs.
    """
    size = current_app.config["POSTS_PER_PAGE"]
    before, after = cursor("before"), cursor("after")
    if before is not None and after is None:
        rows = list(slices.newest(query, before, None, size + 1))
        items = rows[:size][::-1]
        older = items[0].id if len(rows) > size else None
        return Page(items, older, items[-1].id if items else before - 1)
    after = start if after is None else after
    rows = list(slices.oldest(query, after, size + 1))
    items = rows[:size]
    newer = items[-1].id if len(rows) > size else None
    older = items[0].id if items else after + 1
    return Page(items, older if after > beginning else None, newer)

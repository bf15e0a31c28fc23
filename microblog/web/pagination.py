"""Pagination by cursor: page one thousand is as fast as the first."""

from typing import NamedTuple

from flask import current_app, request

from microblog.web.id_converter import whole_number


class Page(NamedTuple):
    """Rows newest first; *older* and *newer* are cursors for links, None where there are no more rows."""

    items: list
    older: int | None
    newer: int | None


def cursor(name):
    """The id in the query parameter *name*, at most ``LARGEST_ID``; None if there is no valid one."""
    return whole_number(request.args.get(name, ""))


def page(query, key=None):
    """
    The page of *query* that the request asks for by ``before`` or ``after``, an id.

    *query* selects a model by id, newest first; *key* is the field to page by, if not the id itself.
    One extra row is fetched to see whether there are more. A page beyond either end is empty and links
    back.
    """
    size = current_app.config["POSTS_PER_PAGE"]
    key = key or query.model.id
    before, after = cursor("before"), cursor("after")
    if after is not None and before is None:
        rows = list(query.where(key > after).order_by(key).limit(size + 1))
        items = rows[:size][::-1]
        newer = items[0].id if len(rows) > size else None
        return Page(items, items[-1].id if items else after + 1, newer)
    if before is not None:
        query = query.where(key < before)
    rows = list(query.limit(size + 1))
    items = rows[:size]
    older = items[-1].id if len(rows) > size else None
    if before is None:
        return Page(items, older, None)
    return Page(items, older, items[0].id if items else before - 1)

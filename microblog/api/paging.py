"""Lists by cursor: ``limit``, ``max_id`` and ``since_id`` in the query, ``Link`` headers in the response."""

from operator import attrgetter
from urllib.parse import quote, urlencode

from flask import abort, jsonify, request
from peewee import prefetch

from microblog.base import slices
from microblog.web.pagination import DIGITS, cursor, whole_number
from microblog.web.problem import problem

DEFAULT, MOST = 25, 100
CURSOR = {"type": "string", "pattern": f"^{DIGITS}$"}


def newest_first(query, dump, by=None, complete=None):
    """
    A page of *query*, which is prepared and ordered by id or *by* another key, descending.

    *by* is as in ``web.pagination``. *dump* makes the JSON of a row; *complete* is called with the list of
    rows before.

    ``next`` leads to older rows, ``prev`` to those added since.
    """
    most = limit()
    rows = list(slices.newest(query, row_id("max_id"), row_id("since_id"), most + 1, by))
    if complete:
        complete(rows)
    return newest_rows_first(rows, dump, most, attrgetter(getattr(by, "place", "id")))


def newest_first_by(column, place, query, dump, related=()):
    """
    The same for a *query* of Peewee's that is ordered by *column* instead.

    *place(name)* returns the column's value for the row whose id is in the query parameter *name*. Rows of
    the models *related* that belong to those of the page come with one query for each model.
    """
    most, before, after = limit(), place("max_id"), place("since_id")
    if before is not None:
        query = query.where(column < before)
    if after is not None:
        query = query.where(column > after)
    return newest_rows_first(list(prefetch(query.limit(most + 1), *related)), dump, most)


def newest_rows_first(rows, dump, most, place=attrgetter("id"), filters=()):
    """
    The response of *rows*, of which one more than *most* was looked for.

    The links keep the query parameters *filters*.
    """
    shown, more = rows[:most], len(rows) > most
    kept = {name: request.args[name] for name in filters if name in request.args}
    links = {}
    if more:
        links["next"] = {"max_id": place(shown[-1]), "since_id": request.args.get("since_id"), **kept}
    if shown:
        links["prev"] = {"since_id": place(shown[0]), **kept}
    return _listed(shown, dump, links, most)


def oldest_first(query, dump):
    """A page of *query*, which is prepared and ordered by id, ascending; ``next`` leads to newer rows."""
    most, after = limit(), row_id("since_id")
    rows = list(slices.oldest(query, after or 0, most))
    return _listed(rows, dump, {"next": {"since_id": rows[-1].id}} if rows else {}, most)


def limit():
    """The number of rows that the request asks for; 400 if it is not a number from 1 to 100."""
    number = whole_number(request.args.get("limit", str(DEFAULT)))
    if number is None or not 1 <= number <= MOST:
        abort(problem(400, f"limit must be a number from 1 to {MOST}."))
    return number


def row_id(name):
    """The id in the query parameter *name*, None if there is none; 400 if that is not an id."""
    number = cursor(name)
    if number is None and name in request.args:
        abort(problem(400, f"{name} must be an id."))
    return number


def known_id(text):
    """The id in *text*, a part of a URL; 0, which no row has, if it is not an id."""
    return whole_number(text) or 0


def _listed(rows, dump, links, most):
    response = jsonify([dump(row) for row in rows])
    for relation, cursors in links.items():
        query = {name: value for name, value in {"limit": most, **cursors}.items() if value is not None}
        response.headers.add("Link", f'<{quote(request.path)}?{urlencode(query)}>; rel="{relation}"')
    return response

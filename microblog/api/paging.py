"""Lists by cursor: ``limit``, ``max_id`` and ``since_id`` in the query, a ``Link`` header in the answer."""

from urllib.parse import urlencode

from flask import jsonify, request

from microblog.api.problem import Problem
from microblog.database import LARGEST_ID

DEFAULT, MOST = 25, 100
CURSOR = {"type": "string", "pattern": "^[0-9]{1,19}$"}


def newest_first(query, column, shape, place=None):
    """
    A page of *query*, whose rows come by falling *column*; each as *shape* draws it.

    ``next`` leads to the older ones, ``prev`` to those that came since. The column is an id, or *place* gives
    the value of it that belongs to the id in the query's parameter of some name.
    """
    place = place or row_id
    most, before, after = limit(), place("max_id"), place("since_id")
    if before is not None:
        query = query.where(column < before)
    if after is not None:
        query = query.where(column > after)
    rows = list(query.limit(most + 1))
    shown, more = rows[:most], len(rows) > most
    links = {}
    if more:
        links["next"] = {"max_id": _id(shown[-1]), "since_id": request.args.get("since_id")}
    if shown:
        links["prev"] = {"since_id": _id(shown[0])}
    return _listed(shown, shape, links)


def oldest_first(query, column, shape):
    """A page of *query*, whose rows come by rising *column*; ``next`` leads to the newer ones."""
    most, after = limit(), row_id("since_id")
    rows = list(query.where(column > (after or 0)).limit(most))
    return _listed(rows, shape, {"next": {"since_id": _id(rows[-1])}} if rows else {})


def limit():
    """
    How many rows are asked for.

    Raises:
        Problem: 400, it is no number from 1 to 100.
    """
    number = _number(request.args.get("limit", str(DEFAULT)))
    if number is None or not 1 <= number <= MOST:
        raise Problem(400, f"limit must be a number from 1 to {MOST}.")
    return number


def row_id(name):
    """
    The id in the query's *name*, None when there is none.

    Raises:
        Problem: 400, it is no id.
    """
    text = request.args.get(name)
    if text is None:
        return None
    number = _number(text)
    if number is None:
        raise Problem(400, f"{name} must be an id.")
    return number


def known_id(text):
    """The number of the id *text*, which stands in an address; one that no row has if it is none."""
    return _number(text) or 0


def _number(text):
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    return min(int(text), LARGEST_ID)


def _listed(rows, shape, links):
    response = jsonify([shape(row) for row in rows])
    for relation, cursors in links.items():
        query = {name: value for name, value in {"limit": limit(), **cursors}.items() if value is not None}
        response.headers.add("Link", f'<{request.path}?{urlencode(query)}>; rel="{relation}"')
    return response


def _id(row):
    return row.id

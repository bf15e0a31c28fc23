"""A statement: SQL text with places for values. What is behind ``prepared``."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

from peewee import ColumnBase, Context, Field, Insert, JSONField, fn

from microblog.base import rows
from microblog.base.rows import Convert
from microblog.base.sqlite import sqlite3


class Place(ColumnBase):
    """Stands in a query for the value of that number."""

    def __init__(self, number: int, convert: Convert | None = None):
        super().__init__()
        self._number, self._convert = number, convert

    def into(self, field: Field) -> ColumnBase:
        """The value as *field* stores it, None included."""
        if isinstance(field, JSONField):
            return fn.json(Place(self._number, _json_text(field)))
        return Place(self._number, field.db_value)

    def __sql__(self, ctx: Context) -> Context:
        # Inside a comparison Peewee names there how the field on its left converts a value.
        bound = _Bound(self._number, self._convert or ctx.state.converter or _as_it_is)
        return ctx.value(bound, converter=False)

    def __bool__(self) -> NoReturn:
        raise TypeError("what a prepared query decides by must be None, True, False or a class")


class _Bound(NamedTuple):
    """*convert* makes what is bound of the value of that *number*; without it, *number* is a constant."""

    number: Any
    convert: Convert | None


class Statement:
    """
    The text of the query that *describe* returns, and how its values and rows are converted.

    It runs on the database that the query's model has at the moment.
    """

    def __init__(self, describe: Callable[[], Any]):
        query = describe()
        self.sql, places = query.sql()
        sql_again, places_again = describe().sql()
        if self.sql != sql_again or _constants(places) != _constants(places_again):
            raise TypeError(
                "a prepared query must be the same each time: hand in what changes as an argument"
            )
        self.sql = _planned_once(self.sql)
        self._query, self.inserts = query, isinstance(query, Insert)
        self._places = [place if isinstance(place, _Bound) else _Bound(place, None) for place in places]

    @cached_property
    def tuples(self) -> Callable[[list[rows.Row]], list[rows.Row]]:
        return rows.tuples_of(self._query)

    @cached_property
    def instances(self) -> Callable[[list[rows.Row]], list[Any]]:
        return rows.instances_of(self._query)

    def run(self, values: list[object]) -> sqlite3.Cursor:
        """The cursor of the statement."""
        return self._query.model._meta.database.execute_sql(self.sql, self.bound(values))

    def bound(self, values: list[object]) -> list[object]:
        """What is bound for *values*, the arguments by their numbers."""
        ids = [getattr(value, "id", value) for value in values]
        return [convert(ids[number]) if convert else number for number, convert in self._places]


def _planned_once(sql: str) -> str:
    """
    *sql*, such that SQLite plans it once for each connection.

    It plans by the number in a plain ``LIMIT ?``, and therefore does so anew each time that one is bound.
    """
    return sql.replace("LIMIT ?", "LIMIT (? + 0)")


def _constants(places: Iterable[object]) -> list[object]:
    return [place for place in places if not isinstance(place, _Bound)]


def _as_it_is(value: object) -> object:
    # Of a time, SQLite's driver would think up a text that no field stores.
    if not isinstance(value, int | str | float | bytes):
        raise TypeError(f"no field is known that converts a {type(value).__name__}: use Place.into")
    return value


def _json_text(field: JSONField) -> Convert:
    """The text for ``json(…)``, into which Peewee wraps what it binds for a JSON field."""
    return lambda value: None if value is None else field.db_value(value).arguments[0]

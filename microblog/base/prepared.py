"""
Queries whose SQL text is made once.

Peewee takes much longer to make the text of a query, and instances of its rows, than SQLite to find them. A
function that describes a query with Peewee, as ever, does so but once if it is decorated with ``prepared``::

    @prepared
    def since(user, cursor):
        return Notification.select().where(Notification.user == user, Notification.id > cursor)

    for notification in since(susan, 5):
        ...

Its first call sees a ``Place`` instead of each argument, and the text that Peewee makes of them is kept while
the process lives; from then on a call only binds its values. The rules:

- A value is bound as the field converts it that it is compared with. Where there is none, the query names it:
  ``User.update(seen_at=moment.into(User.seen_at))``. A row stands for its id.
- None, True, False and classes are no values. The function sees them and may decide by them; each combination
  has a text of its own. Another prepared query may be an argument too: so a list is cut into pages.
- Everything else has to be the same each time: the caller reads the clock. The first call compares two texts.
- A list cannot be bound, because a text has as many places as it has.

A text belongs to no file and no connection: SQLite prepares it for each, and again if the schema has changed.
Errors, transactions and the log of queries are Peewee's as ever.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from itertools import count
from typing import Any, Generic, ParamSpec, TypeVar, overload

from peewee import Model, ModelSelect, Node, Query

from microblog.base.rows import Row
from microblog.base.sqlite import sqlite3
from microblog.base.statement import Place, Statement

Parameters = ParamSpec("Parameters")
Instance = TypeVar("Instance", bound=Model)
# By function and the shape of its arguments. Both are written in the code: there are not many.
_statements: dict[tuple[Any, ...], Statement] = {}


@overload
def prepared(
    describe: "Callable[Parameters, ModelSelect[Instance]]",
) -> "Callable[Parameters, Prepared[Instance]]": ...
@overload
def prepared(describe: Callable[Parameters, Query]) -> "Callable[Parameters, Prepared[Any]]": ...
def prepared(describe: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate *describe*, a function of a module or class, never a nested one, that returns a query."""

    @wraps(describe)
    def prepare(*args: object) -> Prepared[Any]:
        return Prepared(describe, args)

    return prepare


def insert(instance: Model) -> None:
    """Insert *instance*, which is new, as its model's ``save`` would."""
    values, meta = instance.__data__, instance._meta
    if any(isinstance(value, Node) for value in values.values()):
        instance.save(force_insert=True)
        return
    cursor = _insertion(instance.__class__, tuple(values)).run(list(values.values()))
    if meta.auto_increment and meta.primary_key:
        values.setdefault(meta.primary_key.name, cursor.lastrowid)
    instance._dirty.clear()  # type: ignore[attr-defined] # not in its stubs


def update(model: type[Model], values: Mapping[str, object], where: Mapping[str, object]) -> int:
    """
    Write *values* to the rows of *model* that are as *where* says: fields by name, None included.

    Returns the number of changed rows.
    """
    return _change(model, tuple(values), tuple(where)).run([*values.values(), *where.values()]).rowcount


@cache
def _change(model: type[Model], names: tuple[str, ...], conditions: tuple[str, ...]) -> Statement:
    """The statement that writes the fields of those *names* where the *conditions*, names as well, hold."""
    fields = [model._meta.fields[name] for name in (*names, *conditions)]
    places = [Place(i).into(field) for i, field in enumerate(fields)]
    pairs = list(zip(fields, places, strict=True))
    values, where = dict(pairs[: len(names)]), [field >> place for field, place in pairs[len(names) :]]
    return Statement(lambda: model.update(values).where(*where))


@cache
def _insertion(model: type[Model], names: tuple[str, ...]) -> Statement:
    """The statement that inserts the fields of those *names*."""
    fields = [model._meta.fields[name] for name in names]
    return Statement(lambda: model.insert({field: Place(i).into(field) for i, field in enumerate(fields)}))


class Prepared(Generic[Instance]):
    """A query with its values. It runs each time that its rows are asked for."""

    __slots__ = ("_args", "_describe", "_key", "_values")
    _key: tuple[Any, ...]
    _values: list[Any]

    def __init__(self, describe: Callable[..., Any], args: tuple[object, ...]):
        self._describe, self._args = describe, args
        key: list[object] = [describe]
        values: list[object] = []
        for arg in args:
            if type(arg) is Prepared:
                key.append(arg._key)
                values += arg._values
            elif _is_shape(arg):
                key.append(arg)
            else:
                key.append(Place)
                values.append(arg)
        self._key, self._values = tuple(key), values

    def __iter__(self) -> Iterator[Instance]:
        """Instances of the query's model, with those that it joins."""
        statement = self._statement()
        return iter(statement.instances(statement.run(self._values).fetchall()))

    def first(self) -> Instance | None:
        """The first of ``__iter__``, None if there is none; no more rows are read."""
        statement = self._statement()
        rows = statement.instances(_first(statement.run(self._values)))
        return rows[0] if rows else None

    def tuples(self) -> list[Row]:
        """The list of rows as tuples."""
        statement = self._statement()
        return statement.tuples(statement.run(self._values).fetchall())

    def scalar(self) -> Any:
        """The first column of the first row, None if there is no row."""
        statement = self._statement()
        rows = statement.tuples(_first(statement.run(self._values)))
        return rows[0][0] if rows else None

    def exists(self) -> bool:
        """Whether there is a row."""
        return bool(_first(self._statement().run(self._values)))

    def execute(self) -> int | None:
        """Change the database. Returns the id of an inserted row, else the number of changed rows."""
        statement = self._statement()
        cursor = statement.run(self._values)
        return cursor.lastrowid if statement.inserts else cursor.rowcount

    def sql(self) -> tuple[str, list[object]]:
        """The text and the list of bound values."""
        statement = self._statement()
        return statement.sql, statement.bound(self._values)

    @property
    def query(self) -> Any:
        """The same query as Peewee's own, to be changed or nested where its speed does not matter."""
        return self._described(iter(self._values))

    def _statement(self) -> Statement:
        statement = _statements.get(self._key)
        if statement is None:
            statement = _statements[self._key] = Statement(lambda: self._described(map(Place, count())))
        return statement

    def _described(self, values: Iterator[object]) -> Any:
        """What the function returns, given *values* one after the other instead of its arguments."""
        return self._describe(*(self._replaced(arg, values) for arg in self._args))

    def _replaced(self, arg: object, values: Iterator[object]) -> Any:
        if type(arg) is Prepared:
            return arg._described(values)
        return arg if _is_shape(arg) else next(values)


def _is_shape(arg: object) -> bool:
    return arg is None or arg is True or arg is False or isinstance(arg, type)


def _first(cursor: sqlite3.Cursor) -> list[Row]:
    """The first row in a list. A cursor that is left half read keeps its snapshot of the database."""
    rows = cursor.fetchmany(1)
    cursor.close()
    return rows

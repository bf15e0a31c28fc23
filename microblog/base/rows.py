"""
What becomes of the rows of a query: tuples, or the instances that Peewee makes, in a tenth of the time.

All that is the same for each row is worked out once: which column belongs to which instance, and which needs
a conversion. Whole numbers and texts need none, and a column that is no field is what SQLite returns.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from peewee import (
    CharField,
    Field,
    FieldAlias,
    ForeignKeyField,
    IntegerField,
    Model,
    ModelSelect,
    Node,
    TextField,
)

# What SQLite returns, and what it becomes.
Row = tuple[Any, ...]
# Makes what Python code knows of what SQLite returns, or the other way round.
Convert = Callable[[Any], Any]
# Of each column that is selected its index and what converts it.
Columns = dict[str, tuple[int, Convert | None]]


def tuples_of(query: "ModelSelect[Any]") -> Callable[[list[Row]], list[Row]]:
    """A function that turns the list of what SQLite returns for *query* into a list of tuples."""
    conversions = [_conversion(column) for column in query.selected_columns]
    if not any(conversions):
        return list
    return lambda rows: [
        tuple(convert(value) if convert else value for convert, value in zip(conversions, row, strict=True))
        for row in rows
    ]


def instances_of(query: "ModelSelect[Any]") -> Callable[[list[Row]], list[Any]]:
    """
    A function that turns the list of what SQLite returns for *query* into a list of instances of its model.

    Those that they join, by a key that is selected, come with them; rows that join the same one share it. A
    column that is no field becomes the attribute that its alias names.
    """
    joins = query._joins  # type: ignore[attr-defined] # not in its stubs
    attributes = {source: name for source, name, *_ in joins.get(query.model, ())}
    columns, others = _by_source(query.selected_columns)
    make = _maker(query.model, columns.pop(query.model))
    joined = [_Joined(query.model, attributes[source], source, names) for source, names in columns.items()]

    def instances(rows: list[Row]) -> list[Any]:
        made = [make(row) for row in rows]
        for join in joined:
            join.add(made, rows)
        for name, index in others:
            for instance, row in zip(made, rows, strict=True):
                setattr(instance, name, row[index])
        return made

    return instances


class _Joined:
    """A model that is joined to another, whose instances get it as *attribute*."""

    def __init__(self, model: type[Model], attribute: str, source: Any, columns: Columns):
        joined: type[Model] = source if isinstance(source, type) else source.model
        self._attribute, self._make = attribute, _maker(joined, columns)
        self._is_foreign_key = isinstance(model._meta.fields.get(attribute), ForeignKeyField)
        self._key = columns[joined._meta.get_primary_keys()[0].name][0]

    def add(self, instances: list[Any], rows: list[Row]) -> None:
        """Give each of *instances* what its row joins to it, None where an outer join found nothing."""
        found, attribute = {None: None}, self._attribute
        for instance, row in zip(instances, rows, strict=True):
            key = row[self._key]
            if key not in found:
                found[key] = self._make(row)
            if self._is_foreign_key:
                instance.__data__[attribute], instance.__rel__[attribute] = key, found[key]
            else:
                setattr(instance, attribute, found[key])


def _by_source(selected: Iterable[Any]) -> tuple[dict[Any, Columns], list[tuple[str, int]]]:
    """The columns of each model or alias; of the others name and index."""
    columns: dict[Any, Columns] = {}
    others = []
    for index, column in enumerate(selected):
        field = column.unwrap()
        if isinstance(field, Field) and not column.is_alias():
            source = field.source if isinstance(field, FieldAlias) else field.model
            columns.setdefault(source, {})[field.name] = (index, _conversion(column))
        else:
            others.append((column._alias, index))
    return columns, others


def _maker(model: type[Model], columns: Columns) -> Callable[[Row], Any]:
    """A function that makes an instance of *model* from a row."""
    indices = [index for index, _conversion in columns.values()]
    conversions = [(name, convert) for name, (_index, convert) in columns.items() if convert]
    names, pick, new = list(columns), _picker(indices), model.__new__

    def make(row: Row) -> Model:
        data = dict(zip(names, pick(row)))  # noqa: B905 - checking the lengths takes a third of it
        for name, convert in conversions:
            if data[name] is not None:
                data[name] = convert(data[name])
        # What Peewee's constructor sets, which is slow for all that it might be given.
        instance: Any = new(model)
        instance.__data__, instance.__rel__, instance._dirty = data, {}, set()
        return instance

    return make


def _picker(indices: list[int]) -> Callable[[Row], Row]:
    """A function that returns the values at *indices* of a row."""
    first, last = indices[0], indices[-1] + 1
    return itemgetter(slice(first, last)) if indices == list(range(first, last)) else itemgetter(*indices)


def _conversion(column: Node) -> Convert | None:
    """The function that converts what SQLite returns for *column*; None if there is nothing to convert."""
    field = column.unwrap()
    if not isinstance(field, Field):
        return None
    stored = field.field if isinstance(field, FieldAlias) else field
    stored = stored.rel_field if isinstance(stored, ForeignKeyField) else stored
    is_plain = isinstance(stored, IntegerField | CharField | TextField)
    return None if is_plain and type(stored).python_value is Field.python_value else field.python_value

"""Slices of long lists, cut by key: page one thousand is as fast as the first; and single rows of them."""

from typing import Any

from peewee import ColumnBase, ModelSelect

from microblog.base.prepared import prepared

# What there may be any number of is counted up to this: a page must not take the longer the more there is.
COUNTED = 1000


@prepared
def newest(
    query: Any, before: int | None, after: int | None, most: int, by: type | None = None
) -> "ModelSelect[Any]":
    """
    At most *most* rows of *query*, a prepared one whose newest rows come first.

    Their keys are below *before* and above *after*, each an id or None. *by* is the model whose keys are
    meant if it is not that of the rows, or a class whose ``paged_by`` is what they are ordered by.
    """
    key = _key(by or query.model)
    if before is not None:
        query = query.where(key < before)
    if after is not None:
        query = query.where(key > after)
    return query.limit(most)


@prepared
def oldest(query: Any, after: int, most: int, by: type | None = None) -> "ModelSelect[Any]":
    """The same for the rows that come next above *after*: the oldest first."""
    key = _key(by or query.model)
    return query.where(key > after).order_by(key).limit(most)


@prepared
def of_id(query: Any, row_id: int) -> "ModelSelect[Any]":
    """The row of *query*, a prepared one, whose key is *row_id*, if it is among them."""
    return query.where(_key(query.model) == row_id)


def _key(by: Any) -> ColumnBase:
    """What rows are ordered by: ``by.paged_by``, else the primary key of the model *by*."""
    return by.paged_by if hasattr(by, "paged_by") else by._meta.primary_key

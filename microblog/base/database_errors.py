"""
What an error of SQLite means, by its result code: its English may change.

Constraints are told apart by the names that we gave them, because pysqlite3 reports no extended codes.
"""


def is_busy(error):
    """Whether *error*, an OperationalError, says that another connection holds a lock."""
    return _code(error) in ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_full(error):
    """Whether *error*, an OperationalError, says that the disk has no space for the database."""
    return _code(error) == "SQLITE_FULL"


def is_mistake(error):
    """Whether *error*, an OperationalError, is about the statement: a bug, not an outage."""
    return _code(error) == "SQLITE_ERROR"


def _code(error):
    """The primary code of *error*, such as ``SQLITE_BUSY`` for ``SQLITE_BUSY_SNAPSHOT``; "" for none."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return "_".join(name.split("_")[:2])

"""
What an error of the system or of SQLite means, by its code: its English may change.

Constraints are told apart by the names that we gave them, because pysqlite3 reports no extended codes.
"""

import errno

from peewee import OperationalError

from microblog.base.i18n import N_

OUT_OF_SPACE = N_("The server is out of space. Tell the administrator.")


def is_full(error: BaseException) -> bool:
    """Whether *error*, an OSError or OperationalError, says that the disk is full or a quota is used up."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or _code(error) == "SQLITE_FULL"


def is_busy(error: BaseException) -> bool:
    """Whether *error*, an OperationalError, says that another connection holds a lock."""
    return _code(error) in ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_mistake(error: BaseException) -> bool:
    """Whether *error*, an OperationalError, is about the statement: a bug, not an outage."""
    return _code(error) == "SQLITE_ERROR"


def is_outage(error: BaseException) -> bool:
    """Whether *error* says that the disk is full or the database does not answer: no bug."""
    return is_full(error) or (isinstance(error, OperationalError) and not is_mistake(error))


def _code(error: BaseException) -> str:
    """The primary code of *error*, such as ``SQLITE_BUSY`` for ``SQLITE_BUSY_SNAPSHOT``; "" for none."""
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return "_".join(name.split("_")[:2])

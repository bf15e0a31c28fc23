"""
The SQLite library that Peewee has.

A second one that opens the same file in one process drops the locks of the first and damages the file.
"""

from typing import TYPE_CHECKING

# What turns its errors into Peewee's has a name that says hands off; nothing else does the same.
from peewee import __exception_wrapper__ as peewee_errors  # type: ignore[attr-defined] # not in its stubs

if TYPE_CHECKING:
    import sqlite3  # noqa: TID251 - whichever it is, it has these types
else:
    from peewee import sqlite3

__all__ = ["peewee_errors", "sqlite3"]

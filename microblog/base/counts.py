"""
Counts that the processes of a site share, and that may be lost: a small SQLite file of its own.

They are not in the database, because a GET writes nothing there. While the file cannot be used, be it for a
full disk, each process counts in its own memory: nobody is kept out, and no limit is gone.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from microblog.base.database import data_dir
from microblog.base.locks import locked
from microblog.base.sqlite import sqlite3

FILE_NAME = "counts.db"
WAIT_S = 2
OUTAGE_LOGGED_EVERY_S = 60

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")
# The tables, to be appended to by the modules that count.
tables: list[str] = []
log = logging.getLogger(__name__)


def transact(act: Callable[[sqlite3.Connection, *Arguments], Result], *args: *Arguments) -> Result:
    """
    What *act(connection, \\*args)* returns, called in a transaction that no other process can come between.

    It is called once more, with a connection to memory, if the file cannot be used.
    """
    with _mutex:
        try:
            return _in_transaction(_connection_to_file(), act, args)
        except (sqlite3.Error, OSError) as error:
            _log_outage(error)
            return _in_transaction(_connection_to_memory(), act, args)


def _log_outage(error: Exception) -> None:
    global _outage_logged_at_s
    if time.monotonic() - _outage_logged_at_s >= OUTAGE_LOGGED_EVERY_S:
        _outage_logged_at_s = time.monotonic()
        log.warning("%s cannot be used, this process counts in its memory: %s", FILE_NAME, error)


def _in_transaction(
    connection: sqlite3.Connection,
    act: Callable[[sqlite3.Connection, *Arguments], Result],
    args: tuple[*Arguments],
) -> Result:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = act(connection, *args)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have ended the transaction already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _connection_to_file() -> sqlite3.Connection:
    path = data_dir() / "run" / FILE_NAME
    if path not in _connections:
        _drop_other_files()
        # Two that make the file at once would refuse each other, instead of waiting.
        with locked(path.with_suffix(".lock")):
            _connections[path] = _opened(path)
    return _connections[path]


def _drop_other_files() -> None:
    for path in _connections.keys() - {IN_MEMORY}:
        _connections.pop(path).close()


def _connection_to_memory() -> sqlite3.Connection:
    if IN_MEMORY not in _connections:
        _connections[IN_MEMORY] = _opened(IN_MEMORY)
    return _connections[IN_MEMORY]


def _opened(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = normal")
    for table in tables:
        connection.executescript(table)
    return connection


def _begin_anew() -> None:
    """A forked process must not use, nor close, what its parent has open."""
    global _mutex, _connections
    _inherited.append(_connections)
    _mutex, _connections = threading.Lock(), {}


IN_MEMORY = ":memory:"
_mutex = threading.Lock()
_connections: dict[Path | str, sqlite3.Connection] = {}
_inherited: list[dict[Path | str, sqlite3.Connection]] = []
_outage_logged_at_s = -math.inf
os.register_at_fork(after_in_child=_begin_anew)

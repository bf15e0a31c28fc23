"""
Cursors that read all rows at once, for the shell alone.

A SELECT that is left half read keeps its moment of the database. In a loop over its rows a transaction would
begin at that moment, and fail with "database is locked" as soon as a worker had written meanwhile.
"""

from itertools import islice


class WholeCursor:
    """The rows of *cursor*, a driver's, which is done with."""

    def __init__(self, cursor):
        self.description, self.lastrowid, self.rowcount = (
            cursor.description,
            cursor.lastrowid,
            cursor.rowcount,
        )
        self._rows = iter(cursor.fetchall())

    def __iter__(self):
        return self._rows

    def fetchone(self):
        return next(self._rows, None)

    def fetchmany(self, size=1):
        return list(islice(self._rows, size))

    def fetchall(self):
        return list(self._rows)

    def close(self):
        self._rows = iter(())


def read_whole(database):
    """Let each query of *database* that returns rows read them all at once from now on."""
    execute = database.execute_sql

    def execute_whole(*arguments, **options):
        cursor = execute(*arguments, **options)
        return cursor if cursor.description is None else WholeCursor(cursor)

    database.execute_sql = execute_whole

"""
How many lines of the security log each person gets in a day, so that nobody can push out what others did.

Counted for each event, user, and whoever acts for them; all who are not signed in share one. Days are UTC's.
"""

from typing import NamedTuple

from microblog.base import clock, counts

MOST = 50
MOST_OF_NOBODY = 500
PAST = "day <> ? AND number > most"
TODAY = "day = ? AND number > most"

counts.tables.append("""
    CREATE TABLE IF NOT EXISTS log_share (
        day TEXT, event TEXT, user TEXT, by TEXT, number INTEGER, most INTEGER,
        PRIMARY KEY (day, event, user, by)
    );
""")


class LeftOut(NamedTuple):
    """*number* lines that were not written; *user* and *by* are names, empty if there is none."""

    event: str
    user: str
    by: str
    number: int


def take(event, user, by):
    """
    Count a line about *event*, and return how many more fit: below 0 it is to be left out, -1 is the first.

    Returns as well what was left out on former days, which is told once: a list of ``LeftOut``.
    """
    return counts.transact(_take, event, user, by, _today())


def left_out():
    """What was left out today, a list of ``LeftOut``."""
    return counts.transact(_left_out, TODAY, _today())


def _take(connection, event, user, by, today):
    past = _left_out(connection, PAST, today)
    connection.execute("DELETE FROM log_share WHERE day <> ?", (today,))
    most = MOST if user or by else MOST_OF_NOBODY
    [number] = connection.execute(
        "INSERT INTO log_share VALUES (?, ?, ?, ?, 1, ?) "
        "ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number",
        (today, event, user, by, most),
    ).fetchone()
    return most - number, past


def _left_out(connection, which, today):
    rows = connection.execute(
        f"SELECT event, user, by, number - most FROM log_share WHERE {which} ORDER BY event, user, by",  # noqa: S608
        (today,),
    )
    return [LeftOut(*row) for row in rows.fetchall()]


def _today():
    return clock.now().date().isoformat()

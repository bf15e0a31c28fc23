"""How often something happened within the last seconds, counted by all processes of the site together."""

import re
import secrets
from typing import NamedTuple

from microblog.base import clock, counts

SECONDS = {"minute": 60, "hour": 3600}

counts.tables.append("""
    CREATE TABLE IF NOT EXISTS hit (id INTEGER PRIMARY KEY, key TEXT, at REAL, until REAL);
    CREATE INDEX IF NOT EXISTS hit_key ON hit (key, at);
    CREATE INDEX IF NOT EXISTS hit_until ON hit (until);
""")


class Rate(NamedTuple):
    most: int
    within_s: int


class Exceeded(Exception):
    """One more would be too many, for *wait_s* seconds from now."""

    def __init__(self, wait_s):
        super().__init__(wait_s)
        self.wait_s = wait_s


def rates(text):
    """The list of ``Rate`` that *text* names, such as "5 per minute; 60 per hour" or "10 per 10 minutes"."""
    found = re.findall(r"(\d+) per (?:(\d+) )?(minute|hour)", text)
    return [Rate(int(most), int(number or 1) * SECONDS[unit]) for most, number, unit in found]


def hit(key, rates):
    """
    Count one for *key* and return its id; what is refused is not counted.

    Raises:
        Exceeded: one of *rates* is reached.
    """
    wait_s, number = counts.transact(_hit, key, rates)
    if wait_s:
        raise Exceeded(wait_s)
    return number


def give_back(number):
    """Count the hit with the id *number* no longer."""
    counts.transact(lambda connection: connection.execute("DELETE FROM hit WHERE id = ?", (number,)))


def _hit(connection, key, rates):
    """The seconds to wait, 0 if there is no need to, and the id of the hit."""
    # Read within the transaction: another process's hit must not seem to be ahead of it.
    now = clock.now().timestamp()
    connection.execute("DELETE FROM hit WHERE until <= ?", (now,))
    if wait_s := max(_wait_s(connection, key, rate, now) for rate in rates):
        return wait_s, None
    # At random: one that is counted in memory is then never taken for another of the file.
    number = secrets.randbits(63)
    until = now + max(rate.within_s for rate in rates)
    connection.execute("INSERT INTO hit VALUES (?, ?, ?, ?)", (number, key, now, until))
    return 0, number


def _wait_s(connection, key, rate, now):
    """The seconds until the oldest hit that fills *rate* is out of its window; 0 if it is not filled."""
    # Hits ahead of a clock that was set back do not count.
    filling = connection.execute(
        "SELECT at FROM hit WHERE key = ? AND at > ? AND at <= ? ORDER BY at DESC LIMIT 1 OFFSET ?",
        (key, now - rate.within_s, now, rate.most - 1),
    ).fetchone()
    return filling[0] + rate.within_s - now if filling else 0

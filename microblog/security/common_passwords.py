"""
The passwords that are tried first, of those that are long enough: the eight thousand commonest.

Taken from the list that Django's validator uses, which Royce Williams counted in published break-ins.
"""

from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")


def is_common(password):
    """Whether *password* is one of them, in any case."""
    return password.casefold() in _all()


@cache
def _all():
    return frozenset(FILE.read_text().split())

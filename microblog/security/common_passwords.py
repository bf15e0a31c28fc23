"""
The eight thousand most common passwords among those that are long enough to be accepted here.

Taken from the list of Django's validator, which Royce Williams compiled from published break-ins.
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

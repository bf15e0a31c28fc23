"""The one clock: aware UTC, so that tests can freeze it in one place."""

from datetime import UTC, datetime


def now():
    """The present moment as an aware datetime in UTC."""
    return datetime.now(UTC)

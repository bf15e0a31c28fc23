"""The one clock: aware UTC, so that tests can freeze it in one place; and moments as whole microseconds."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """The present moment as an aware datetime in UTC."""
    return datetime.now(UTC)


def in_microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of *moment*, an aware datetime."""
    return (moment - EPOCH) // MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The moment that is *count* microseconds after 1970 began, as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=count)

"""The reader's preferences: time zone and appearance; kept in cookies."""

from zoneinfo import ZoneInfo

from microblog.base.cookie_names import given

# The first of each is the default.
PREFERENCES = {"theme": ("system", "light", "dark"), "keys": ("on", "off")}


def time_zone():
    """The reader's time zone; UTC until it is known."""
    return known_time_zone() or ZoneInfo("UTC")


def known_time_zone():
    """The reader's time zone, which a script on their first page stores in a cookie; None until then."""
    name = given("tz")
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        # An unknown zone, a path that leaves the zone folder, or one of its sub-folders.
        return None


def preference(name):
    """What the reader chose for *name*, one of PREFERENCES."""
    chosen = given(name)
    return chosen if chosen in PREFERENCES[name] else PREFERENCES[name][0]

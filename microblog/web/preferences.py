"""What the reader wishes: the language of the pages, the time zone, the looks; kept in cookies."""

from zoneinfo import ZoneInfo

from flask import current_app, request
from flask_login import current_user

# The first of each holds until something is chosen.
PREFERENCES = {"theme": ("system", "light", "dark"), "keys": ("on", "off")}


def locale():
    """The language of the page: the user's choice, then the browser's, among those that are translated."""
    spoken = current_app.config["SPOKEN"]
    chosen = [getattr(current_user, "language", None), request.cookies.get("language")]
    # The first part of each tag: Werkzeug's own best_match would give English for "es-MX, en;q=0.5".
    accepted = [tag.split("-")[0].lower() for tag, quality in request.accept_languages if quality]
    return next((tag for tag in [*chosen, *accepted] if tag in spoken), spoken[0])


def time_zone():
    """The reader's time zone, as the script on the page found it; UTC before."""
    name = request.cookies.get("tz", "UTC")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # No such zone; a path out of the folder; one of its sub-folders, which are no zones.
        return ZoneInfo("UTC")


def preference(name):
    """What the reader chose for *name*, one of PREFERENCES."""
    chosen = request.cookies.get(name)
    return chosen if chosen in PREFERENCES[name] else PREFERENCES[name][0]

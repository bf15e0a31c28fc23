"""The reader's preferences: language, time zone and appearance; kept in cookies."""

from zoneinfo import ZoneInfo

from flask import current_app, request
from flask_login import current_user

from microblog.security.cookie_names import given

# The first of each is the default.
PREFERENCES = {"theme": ("system", "light", "dark"), "keys": ("on", "off")}


def locale():
    """The page's language: the user's choice, else the browser's, among those that have translations."""
    languages = current_app.config["SITE_LANGUAGES"]
    chosen = [getattr(current_user, "language", None), given("language")]
    # The first part of each tag: Werkzeug's own best_match would give English for "es-MX, en;q=0.5".
    accepted = [tag.split("-")[0].lower() for tag, quality in request.accept_languages if quality]
    return next((tag for tag in [*chosen, *accepted] if tag in languages), languages[0])


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

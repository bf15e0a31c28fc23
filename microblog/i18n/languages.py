"""The language somebody writes in: a short tag, as HTML's ``lang`` takes it."""

import re

from babel import Locale, UnknownLocaleError

MOST_ACCEPTED = 5


def tag(text):
    """The tag of *text*, such as ``es`` or ``zh-Hant``, without a region; None if it names no language."""
    locale = _locale(text)
    return locale and _tag(locale)


def offered(accepted, spoken):
    """
    The languages to choose from: a dictionary of tags and of what their speakers call them.

    Those that a browser has *accepted* come first, the best of all first, then those *spoken* on the site.
    """
    locales = filter(None, map(_locale, [*accepted[:MOST_ACCEPTED], *spoken]))
    return {_tag(locale): _name(locale) for locale in locales}


def own_name(tag):
    """What its speakers call the language of *tag*."""
    return Locale.parse(tag).get_display_name()


def _name(locale):
    """What its speakers call it; of a few that is not known."""
    return locale.get_display_name() or locale.get_display_name("en") or _tag(locale)


def _locale(text):
    if re.match("(und|root)\\b", text or "", re.IGNORECASE):
        return None
    try:
        locale = Locale.parse(text, sep="-")
        return Locale(locale.language, script=locale.script)
    except (ValueError, TypeError, UnknownLocaleError):
        # No such language; a wildcard; nothing at all.
        return None


def _tag(locale):
    return str(locale).replace("_", "-")

"""The language somebody writes in: a short tag, as used by HTML's ``lang``."""

import re

from babel import Locale, UnknownLocaleError
from babel.core import get_global

MOST_ACCEPTED = 5


def tag(text):
    """The tag of *text*, such as ``es`` or ``zh-Hant``, without a region; None if it names no language."""
    locale = _locale(text)
    return locale and _tag(locale)


def offered(accepted, spoken):
    """
    The languages to choose from: a dictionary from tags to the languages' own names.

    Those that the browser has *accepted* come first, best first, then those *spoken* on the site.
    """
    locales = filter(None, map(_locale, [*accepted[:MOST_ACCEPTED], *spoken]))
    return {_tag(locale): _name(locale) for locale in locales}


def own_name(tag):
    """The language of *tag* in its own words, such as ``español``."""
    return Locale.parse(tag).get_display_name()


def _name(locale):
    """The language's own name; for the few without a known one, its English name or its tag."""
    return locale.get_display_name() or locale.get_display_name("en") or _tag(locale)


def _locale(text):
    if re.match("(und|root)\\b", text or "", re.IGNORECASE):
        return None
    try:
        locale = Locale.parse(text, sep="-")
        return Locale(locale.language, script=_needed_script(locale))
    except (ValueError, TypeError, UnknownLocaleError):
        # Unknown, a wildcard, or empty.
        return None


def _needed_script(locale):
    """The script, unless it goes without saying, as with ``zh-Hans``; browsers say it, the site does not."""
    likely = Locale.parse(get_global("likely_subtags").get(locale.language, locale.language))
    return None if locale.script == likely.script else locale.script


def _tag(locale):
    return str(locale).replace("_", "-")

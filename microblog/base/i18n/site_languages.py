"""The languages that the site comes in: which there are, and in which of them a page, a mail or a file is."""

from contextlib import AbstractContextManager
from functools import cache

from babel import Locale
from babel.dates import format_datetime
from flask import Flask, current_app, request
from flask_babel import Babel, force_locale
from flask_login import current_user

from microblog.base.cookie_names import given


def translated(app: Flask, babel: Babel) -> list[str]:
    """Tags of the languages of the setting that have translations, the default first."""
    with app.app_context():
        # Dates in a language without translated texts would only confuse.
        tags = {str(locale) for locale in babel.list_translations()}
    return [tag for tag in app.config["LANGUAGES"] if tag in tags] or ["en"]


def load(app: Flask) -> None:
    """
    Read what Babel knows of the site's languages.

    These are 5 MB, which Babel reads when it is first asked for a date: each process would keep its own.
    """
    for tag in app.config["SITE_LANGUAGES"]:
        format_datetime(locale=_locale(tag))


def of_request() -> Locale:
    """The page's language: the user's choice, else the browser's."""
    # The first part of each tag: Werkzeug's own best_match would give English for "es-MX, en;q=0.5".
    accepted = [tag.split("-")[0].lower() for tag, quality in request.accept_languages if quality]
    return _locale(_first_offered(getattr(current_user, "language", None), given("language"), *accepted))


@cache
def _locale(tag: str) -> Locale:
    """The same object each time: what is kept by language is found without comparing two of them."""
    return Locale.parse(tag)


def in_language(*wanted: str | None) -> AbstractContextManager[object]:
    """Within the block, use the first of *wanted*, tags or None, that the site offers, else its default."""
    return force_locale(_first_offered(*wanted))


def _first_offered(*wanted: str | None) -> str:
    languages: list[str] = current_app.config["SITE_LANGUAGES"]
    return next((tag for tag in wanted if tag in languages), languages[0])

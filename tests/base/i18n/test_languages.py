import pytest
from babel.localedata import locale_identifiers

from microblog.base.i18n import languages


@pytest.mark.parametrize(
    "text", ["root", "und", "UND", "und-Latn", "*", "", None, "tlh", "x-klingon", "C", "\x00"]
)
def test_what_names_no_language_has_no_tag(text):
    assert languages.tag(text) is None


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("es-MX", "es"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hans-CN", "zh"),
        ("zh-CN", "zh"),
        ("sr-Latn", "sr-Latn"),
        ("EN", "en"),
        ("rof", "rof"),
    ],
)
def test_a_tag_has_no_region(text, tag):
    assert languages.tag(text) == tag


def test_whatever_a_browser_asks_for_has_a_name_and_fits_into_its_column():
    for identifier in locale_identifiers():
        for tag, name in languages.offered([identifier.replace("_", "-")], []).items():
            assert name, identifier
            assert len(tag) <= 8, identifier
            assert languages.tag(tag) == tag


def test_what_the_browser_asks_for_comes_first_and_nothing_twice():
    assert list(languages.offered(["root", "fr-CA", "es"], ["en", "es"])) == ["fr", "es", "en"]

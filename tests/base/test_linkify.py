import pytest
from markupsafe import Markup

from microblog.base.linkify import excerpt, linkify


def links(text):
    """What *text* links to, in order."""
    return [part.split('"')[0] for part in linkify(text).split('<a href="')[1:]]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.org/a?b=c&d#e now", "https://example.org/a?b=c&amp;d#e"),
        ("看https://example.org/说明，进度条", "https://example.org/说明"),
        ("（http://example.org）", "http://example.org"),
        ("「https://example.org/」", "https://example.org/"),
        ("(https://en.wikipedia.org/wiki/Foo_(bar)).", "https://en.wikipedia.org/wiki/Foo_(bar)"),
        ("https://example.org/a, and", "https://example.org/a"),
        ("Really https://example.org?!", "https://example.org"),
        ("HTTPS://Example.org", "HTTPS://Example.org"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(text, address):
    assert links(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://",
        "http://[",
        "http://]",
        "https://bank.example@evil.example/",
        "https://…",
        "https://.",
        "ftp://example.org",
        "https://example.org:123456789",
    ],
)
@pytest.mark.asvs("1.2.2")
def test_what_leads_nowhere_or_deceives_stays_text(text):
    assert links(text) == []


def test_several_addresses_are_linked():
    assert links("https://a.example、https://b.example。") == ["https://a.example", "https://b.example"]


def test_markup_of_others_is_shown_not_obeyed():
    shown = linkify('<script>"&\' https://a.example/"onmouseover="alert(1) <b>')

    assert "<script>" not in shown
    assert '"onmouseover' not in shown
    assert "<b>" not in shown
    assert isinstance(shown, Markup)


def test_links_pass_on_neither_fame_nor_power():
    assert 'rel="nofollow ugc noopener"' in linkify("https://example.org")


def test_many_blank_lines_are_shown_as_one():
    assert linkify("a\n\n\n\n\nb") == "a\n\nb"


LINK = "https://example.org/" + "a" * 40


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 500 + "…"),
        ("word " * 101, ("word " * 100).rstrip() + "…"),
        ("word\n\n" * 101, ("word\n\n" * 83).rstrip() + "…"),
        ("word " + "好" * 600, "word " + "好" * 495 + "…"),
        ("x" * 480 + " " + LINK, "x" * 480 + "…"),
        ("好" * 480 + LINK, "好" * 480 + "…"),
        ("好" * 440 + LINK + "好" * 200, "好" * 440 + "…"),
        ("x" * 430 + " " + LINK + " and more than that", "x" * 430 + " " + LINK + " and more…"),
    ],
)
def test_a_long_text_is_cut_after_a_word_and_in_no_link(text, shown):
    assert excerpt(text) == shown

from html import unescape

import pytest
from markupsafe import Markup

from microblog.base.rendered_text import excerpt, linkify


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
    ("text", "address"),
    [
        ("https://सारणी.भारत/पृष्ठ", "https://सारणी.भारत/पृष्ठ"),
        ("https://ตัวอย่าง.ไทย/x", "https://ตัวอย่าง.ไทย/x"),
        ("https://مثال.إختبار؟", "https://مثال.إختبار"),
        *((f"https://example.com{mark}", "https://example.com") for mark in "،।؛؟۔—’\u200b\ufeff\u200e"),
        *(
            (f"https://example.com/x{mark}", "https://example.com/x")
            for mark in "،؛؟۔।။។—’\u200b\ufeff\u200e\u200d"
        ),
        ("https://example.com/x\u200b rest", "https://example.com/x"),
        ("https://example.com—see", "https://example.com"),
        ("https://example.com's page", "https://example.com"),
        ("(https://example.com)is", "https://example.com"),
        ("(https://example.com/x)is", "https://example.com/x"),
        ("https://example.com: see", "https://example.com"),
        ("https://example.com了解更多", "https://example.com"),
        ("https://localhost:8000了解", "https://localhost:8000"),
        *(
            (f"https://example.com{word}", "https://example.com")
            for word in ("한국어", "слово", "λέξη", "բառ", "الآن", "עכשיו", "अब", "ตอนนี้", "აქ", "እዚህ")
        ),
        ("https://example.comé", "https://example.comé"),
        ("https://localhost。下一句", "https://localhost"),
        ("https://例子.测试。then", "https://例子.测试"),
        ("访问https://example.com/了解", "https://example.com/了解"),
        ("https://例え.com/x", "https://例え.com/x"),
        ("https://例え.テスト。", "https://例え.テスト"),
        ("https://straße.example/ä", "https://straße.example/ä"),
        ("https://example.org/می\u200cخواهم", "https://example.org/می\u200cخواهم"),
        ("https://web.example/2020/https://example.org/", "https://web.example/2020/https://example.org/"),
        ("https://example.org/(a)/[b]", "https://example.org/(a)/[b]"),
        ("https://example.org?a=1", "https://example.org?a=1"),
    ],
)
def test_a_link_touches_words_of_any_script(text, address):
    assert [unescape(link) for link in links(text)] == [address]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("https://a.example,https://b.example", ["https://a.example", "https://b.example"]),
        ("https://a.example/x,https://b.example/y", ["https://a.example/x", "https://b.example/y"]),
        ("[a](https://a.example)[b](https://b.example)", ["https://a.example", "https://b.example"]),
        ("[a](https://a.example/x)[b](https://b.example)", ["https://a.example/x", "https://b.example"]),
    ],
)
def test_links_that_touch_are_two(text, addresses):
    assert links(text) == addresses


@pytest.mark.parametrize(
    "text",
    [
        "https://example．com/x",
        "https://example。com/x",
        "https://example｡com",
        "https://user:pass@evil.example",
        "https://bank.example了@evil.example",
        "http://[:]/",
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


@pytest.mark.parametrize(
    "line", [" ", "\u200b", "\u3164\u3164", "\u2800", "\u3000", "\ufe0f\u200d", "\u00ad"]
)
def test_lines_of_signs_that_nobody_sees_are_blank_ones(line):
    assert linkify(f"a\n{line}\n{line}\n\n{line}\nb\n{line}\nc") == f"a\n\nb\n{line}\nc"


LINK = "https://example.org/" + "a" * 40


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 500, "x" * 500),
        ("x" * 501, "x" * 500 + "…"),
        ("word " * 101, ("word " * 100).rstrip() + "…"),
        ("word\n" * 11 + "word", "word\n" * 11 + "word"),
        ("a\n" * 69 + "a", "a\n" * 11 + "a…"),
        ("word\n\n" * 101, "word\n\n" * 5 + "word…"),
        ("a" + "\n \n\u200b" * 20 + "\nb", "a" + "\n \n\u200b" * 20 + "\nb"),
        ("line\n" * 11 + "x" * 600, "line\n" * 11 + "x" * 445 + "…"),
        ("word word word. " * 40, "word word word. " * 31 + "word…"),
        ("x" * 499 + "🇩🇪", "x" * 499 + "…"),
        ("word " + "好" * 600, "word " + "好" * 495 + "…"),
        ("x" * 480 + " " + LINK, "x" * 480 + "…"),
        ("好" * 480 + LINK, "好" * 480 + "…"),
        ("好" * 440 + LINK + "好" * 200, "好" * 440 + "…"),
        ("x" * 430 + " " + LINK + " and more than that", "x" * 430 + " " + LINK + " and more…"),
    ],
)
def test_a_long_text_is_cut_after_a_word_or_line_and_in_no_link(text, shown):
    assert excerpt(text) == shown

import re
import sys

import pytest
import regex

from microblog.base.text import CHARACTER, UNSEEN, beginning, clean, cut, is_blank


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("  room \n", "room"),
        ("nul\x00 bell\x07 escape\x1b[0m", "nul bell escape[0m"),
        ("over\u202eride \u2066isolate\u2069", "override isolate"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("e\u0301", "\u00e9"),
        ("tab\there", "tab here"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("\u200b\n\u3164 \none\n\u2800\ntwo❤\ufe0f\n\ufeff\n", "one\n\u2800\ntwo❤\ufe0f"),
    ],
)
def test_clean_keeps_what_can_be_read(typed, kept):
    assert clean(typed) == kept


@pytest.mark.parametrize(
    "blank", ["", " \n", "\u200b\u200d", "\u3164", "\u2800", "\ufeff", "\u0301", "\ufe0f\u034f"]
)
def test_what_nobody_can_see_is_blank(blank):
    assert is_blank(blank)


@pytest.mark.parametrize("text", ["a", "中", "👩\u200d🚀", "."])
def test_other_texts_are_not_blank(text):
    assert not is_blank(text)


def test_signs_that_nobody_sees_are_all_that_unicode_knows():
    signs = "".join(map(chr, range(sys.maxunicode + 1)))
    unseen = re.findall(f"[{UNSEEN}]", signs)
    ignorable = regex.findall(r"[\p{Z}\p{Default_Ignorable_Code_Point}]", signs)

    assert set(unseen) ^ set(ignorable) == set("\u2800\ufff9\ufffa\ufffb\U0001d159")


WALES = "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
HAN, GEUL = "\u1112\u1161\u11ab", "\u1100\u1173\u11af"
# A text, and how its title of at most twelve code points ends: add lines of the languages that you read.
TITLES = {
    "short": ("Tea?", "Tea?"),
    "as long as there is room": ("abcdefghijkl", "abcdefghijkl"),
    "too long": ("abcdefghijklm", "abcdefghijk…"),
    "cut before a space": ("abcdefghij klm", "abcdefghij…"),
    "more lines": ("Tea?\nOr not?", "Tea?…"),
    "an ellipsis at the end already": ("So…\nTea", "So…"),
    "an ellipsis of dots": ("So ...\nTea", "So…"),
    "an ellipsis in Chinese": ("喝茶……\n好", "喝茶…"),
    "an ellipsis where it is cut": ("abcdefghij…klm", "abcdefghij…"),
    "an ellipsis that is the text": ("…", "…"),
    "an ellipsis as the first line": ("...\nTea", "…"),
    "a full stop": ("Tea.\nMilk", "Tea…"),
    "a first line that cannot be seen": ("\u200b\nTea", "Tea"),
    "a last line that cannot be seen": ("Tea\n\u3164", "Tea"),
    "nothing to be seen": ("\u200b\u3164\n\u2800", "…"),
    "half a flag": ("Deutschland🇩🇪", "Deutschland…"),
    "one and a half flags": ("Germany 🇩🇪🇪🇺!", "Germany 🇩🇪…"),
    "a family": ("we are 👨\u200d👩\u200d👧\u200d👦", "we are…"),
    "a colour of skin": ("everybody 👍🏽 yes", "everybody…"),
    "the flag of Wales": (f"{WALES} in Europe", f"{WALES} in…"),
    "a heart in colour": ("I love it: ❤\ufe0f and", "I love it:…"),
    "a key cap": ("numbers: 12 3\ufe0f\u20e3", "numbers: 12…"),
    "an accent of its own": ("abcdefghijx\u0301yz", "abcdefghij…"),
    "Hindi: a conjunct": ("नमस्ते विक्षत्र", "नमस्ते वि…"),
    "Tamil: a vowel sign": ("வணக்கம் அவதோழர்", "வணக்கம் அவ…"),
    "Bengali": ("আমার সোনার বাংলা", "আমার সোনার…"),
    "Thai: a vowel above": ("สวัสดีครับผมชื่อ", "สวัสดีครับผ…"),
    "Korean, in parts": (f"{HAN}{GEUL}{HAN}{GEUL}{HAN}", f"{HAN}{GEUL}{HAN}…"),
    "Hebrew with points": ("שלום לְכוּלָּם", "שלום לְכוּ…"),
    "Arabic with points": ("مَرْحَبًا بِكُمْ", "مَرْحَبًا…"),
    "Chinese with a variant": ("一二三四五六七八九十葛\U000e0100城", "一二三四五六七八九十…"),
    "a letter with a hundred marks": ("a" + "\u0301" * 100, "a" + "\u0301" * 10 + "…"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "title"), TITLES.values(), ids=TITLES)
def test_a_title_ends_where_a_character_ends_and_says_something(text, title):
    assert beginning(text, 12) == title


@pytest.mark.parametrize("text", [text for text, _title in TITLES.values() if text.count("\u0301") < 100])
def test_what_is_cut_is_whole_characters(text):
    characters = CHARACTER.findall(text)
    for most in range(max(map(len, characters)), len(text) + 1):
        shown = cut(text, most)
        assert CHARACTER.findall(shown) == characters[: len(CHARACTER.findall(shown))]
        assert len(shown) <= most

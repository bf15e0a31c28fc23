import pytest

from microblog.base.text import clean, is_blank


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
    ],
)
def test_clean_keeps_what_can_be_read(typed, kept):
    assert clean(typed) == kept


@pytest.mark.parametrize("blank", ["", " \n", "\u200b\u200d", "\u3164", "\u2800", "\ufeff", "\u0301"])
def test_what_nobody_can_see_is_blank(blank):
    assert is_blank(blank)


@pytest.mark.parametrize("text", ["a", "中", "👩\u200d🚀", "."])
def test_other_texts_are_not_blank(text):
    assert not is_blank(text)

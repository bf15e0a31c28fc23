import pytest

from microblog.mail.wrapping import wrapped


def test_lines_break_between_words_within_72_columns():
    text = wrapped("one two three four five " * 12)

    assert max(len(line) for line in text.split("\n")) <= 72
    assert text.split() == ("one two three four five " * 12).split()


def test_short_lines_and_empty_ones_stay():
    assert wrapped("one\n\n  two\n") == "one\n\n  two\n"


def test_an_address_stays_whole_on_a_line_of_its_own():
    address = "https://example.org/" + "x" * 80

    assert wrapped(f"Open this link within a day: {address} and so on") == (
        f"Open this link within a day:\n{address}\nand so on"
    )


def test_chinese_counts_two_columns_and_breaks_anywhere():
    assert [len(line) for line in wrapped("好" * 80).split("\n")] == [36, 36, 8]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("好" * 36 + "。" + "好", ["好" * 35, "好。好"]),
        ("好" * 35 + "（好）", ["好" * 35, "（好）"]),
        ("好" * 34 + " Huey，好", ["好" * 34, "Huey，好"]),
    ],
)
def test_no_line_begins_with_what_closes_or_ends_with_what_opens(text, lines):
    assert wrapped(text).split("\n") == lines

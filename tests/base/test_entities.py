import sys
import unicodedata

import pytest

from microblog.base.entities import folded, named, tag_of

MENTIONED = {
    "@june": {"june"},
    "@June, @NORA_2: (@tom)": {"june", "nora_2", "tom"},
    "see @june.": {"june"},
    "@june's bread, “@nora”!": {"june", "nora"},
    ".@june hello": {"june"},
    "@june @june": {"june"},
    "谢谢@june，你好": {"june"},
    "谢谢@june你好": {"june"},
    "＠june さん": {"june"},
    "@june님": {"june"},
    "ขอบคุณ@juneมาก": {"june"},
    "תודה ל@june": {"june"},
    "https://example.org/ @june": {"june"},
    "@june https://example.org/@nora": {"june"},
    "- @june\n- @nora": {"june", "nora"},
    "june@host.example": set(),
    "@june@host.example and ＠june＠host": set(),
    "@june.example, @june-bot, @june/package": set(),
    "https://example.org/@june?by=@nora": set(),
    "example.org/@june": set(),
    "@jü, @junés, @юна, @ab, @@june": set(),
    f"@{'x' * 33}": set(),
    "ü@june, x@june, 1@june, _@june": set(),
}
TAGS = {
    "#tea": ["tea"],
    "#Tea #TEA #tea": ["tea"],
    "(#tea), #coffee. #milk!": ["tea", "coffee", "milk"],
    "#Straße #STRASSE": ["strasse"],
    "#cafe\u0301 #café": ["café"],
    "#दिन #दान": ["दिन", "दान"],
    "#สวัสดี ครับ": ["สวัสดี"],
    "#مَرْحَبًا، #سلام": ["مَرْحَبًا", "سلام"],
    "#می\u200cخواهم": ["می\u200cخواهم"],
    "#ผู้ใช้ #ខ្មែរ #မြန်မာ #தமிழ்": ["ผู้ใช้", "ខ្មែរ", "မြန်မာ", "தமிழ்"],
    "＃猫 #狗，": ["猫", "狗"],
    "#猫#很可爱": ["猫"],
    "我爱#猫 啊": ["猫"],
    "#コーヒー・タイム": ["コーヒー・タイム"],
    "#col·legi·": ["col·legi"],
    "#1st #2026_in_words #q4": ["1st", "2026_in_words", "q4"],
    "#tea❤️ #❤️ #1️⃣": ["tea"],
    "#tea's": ["tea"],
    "#tea-time": ["tea"],
    "#2026 #1 #٣ #② #_ #__": [],
    "C# F#sharp a#b ##tea &#x27; &#39;": [],
    "https://example.org/#tea example.org/#tea": [],
    f"#{'x' * 100}": ["x" * 100],
    f"#{'x' * 101}": [],
    "# tea, #-tea, #": [],
}


@pytest.mark.parametrize(("text", "names"), MENTIONED.items())
def test_who_is_mentioned(text, names):
    assert set(named(text)[0]) == names


@pytest.mark.parametrize(("text", "words"), TAGS.items())
def test_which_tags_a_text_has(text, words):
    assert named(unicodedata.normalize("NFC", text))[1] == words


@pytest.mark.parametrize("words", TAGS.values())
def test_the_tag_of_an_address_is_the_one_that_led_there(words):
    assert [tag_of(word) for word in words] == words


@pytest.mark.parametrize(
    "text", ["", "#", "2026", "tea time", "tea#", "x" * 101, "@june", "tea\n", "\u200cx"]
)
def test_what_is_no_tag_has_no_page(text):
    assert tag_of(text) is None


def test_no_letter_is_folded_to_what_is_folded_to_something_else():
    letters = [chr(code) for code in range(sys.maxunicode) if chr(code).isalpha()]

    assert [letter for letter in letters if tag_of(folded(letter)) != folded(letter)] == []
    assert [letter for letter in letters if folded(letter.upper()) != folded(letter)] == ["ı"], "Turkish"

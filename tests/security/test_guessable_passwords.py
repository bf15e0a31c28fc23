import importlib.util
import random
import string

import pytest

from microblog.base.config import ROOT
from microblog.security import guessable_passwords
from microblog.security.guessable_passwords import FILTER, HASH_BYTES, is_guessable

spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "common_passwords.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


@pytest.mark.parametrize(
    "common",
    ["password1", "PASSWORD1", "12345678", "Summer2024!", "!!summer99", "Football_1", "ｐａｓｓｗｏｒｄ"],
)
def test_common_passwords_are_guessable_in_any_case_and_trimmed(common):
    assert is_guessable(common, [])


@pytest.mark.parametrize(
    "good",
    [
        "correct horse",
        "demo-password",
        "summer and winter",
        "summer2024!xq",
        "summer 2024-12!",
        "7#4-19_2+83",
    ],
)
def test_others_are_not(good):
    assert not is_guessable(good, [])


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("Ada_Lovelace", "adalovelace"),
        ("a-d-a 1815", "ada"),
        ("1234-5678-9", "12345.67.89"),
        ("ÀDA_1815", "àda"),
    ],
)
def test_words_are_compared_without_digits_and_signs(password, word):
    assert is_guessable(password, [word])


@pytest.mark.parametrize("word", ["ada", "lovelace", "countess", "adalovelaces", "", "1815", "..."])
def test_a_word_is_no_part(word):
    assert not is_guessable("ada-lovelace, 1815", [word])


def test_a_list_that_was_joined_is_in_the_filter():
    ours = tool.OURS.read_text(encoding="utf-8").split()

    assert len(ours) > 8000
    assert [password for password in ours if not is_guessable(password, [])] == []


def test_the_filter_is_sorted_and_small():
    content = FILTER.read_bytes()
    hashes = [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]

    assert len(content) <= tool.LARGEST_BYTES
    assert len(hashes) > 400_000
    assert hashes == sorted(set(hashes))


def test_few_passwords_are_refused_by_mistake():
    chance = random.Random(1)
    letters = string.ascii_letters + string.digits
    made_up = ["".join(chance.choices(letters, k=12)) for _ in range(20_000)]

    assert sum(is_guessable(text, []) for text in made_up) < 20


def test_a_filter_is_written_from_a_list(tmp_path, monkeypatch):
    path = tmp_path / "filter"
    tool.write(["Dragonfly", "dragonfly", "tulip", "abc", "t3st"], path)
    monkeypatch.setattr(guessable_passwords, "FILTER", path)
    guessable_passwords._filter.cache_clear()
    try:
        guessable = [
            word for word in ("dragonfly", "tulip!88", "abc!8888", "t3st!888") if is_guessable(word, [])
        ]
    finally:
        guessable_passwords._filter.cache_clear()

    assert guessable == ["dragonfly", "tulip!88"]
    assert path.stat().st_size == 2 * HASH_BYTES

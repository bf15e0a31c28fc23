"""
Passwords that others would guess: common ones, and those made of words that everybody knows.

The common ones are in a file of sorted hashes, 32 bits each, that all processes share in memory and nobody
loads: a binary search takes a few microseconds. One password in six thousand is refused by mistake.
"""

import mmap
import string
from bisect import bisect_left
from functools import cache
from hashlib import blake2b
from pathlib import Path

from microblog.security.passwords import normalized

FILTER = Path(__file__).with_name("common_passwords.bin")
HASH_BYTES = 4
# What is put before and after a word to please a form, such as a year and an exclamation mark.
TRIMMINGS = string.digits + string.punctuation + string.whitespace
MOST_TRIMMINGS = 6


def is_guessable(password, words):
    """
    Whether *password* is common, or a common word with a few digits and signs, or one of *words*.

    Case counts nowhere; digits and signs do not, where *words* are compared.
    """
    text = folded(password)
    word = text.strip(TRIMMINGS)
    trimmed = len(text) - len(word) <= MOST_TRIMMINGS
    return _is_common(text) or (trimmed and _is_common(word)) or _letters(text) in map(_letters, words)


def folded(text):
    return normalized(text).casefold()


def hash_of(text):
    """What the filter holds of *text*, which is folded."""
    return blake2b(text.encode(errors="replace"), digest_size=HASH_BYTES).digest()


def _is_common(text):
    known, wanted = _filter(), hash_of(text)

    def entry(index):
        return known[index * HASH_BYTES : (index + 1) * HASH_BYTES]

    count = len(known) // HASH_BYTES
    place = bisect_left(range(count), wanted, key=entry)
    return place < count and entry(place) == wanted


@cache
def _filter():
    with FILTER.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _letters(text):
    """*text* without digits and signs; of digits alone, all of them."""
    text = folded(text)
    return "".join(filter(str.isalpha, text)) or "".join(filter(str.isalnum, text)) or text

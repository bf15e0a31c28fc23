"""What people write: cleaned when it comes in."""

import re
import unicodedata

# Code points of a post, a message or an "about me".
MAX_LENGTH = 140
# Of a post that comes from elsewhere.
LONGEST = 5000
# Control characters but the line end, lone surrogates, and embeddings, overrides and isolates, which can make
# a text look different from what is stored.
HARMFUL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# More than one blank line in a row.
BLANK_LINES = re.compile(r"\n{3,}")
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
# Blank although Unicode calls them letters or symbols: Hangul fillers and the empty Braille cell.
BLANK = set("\u115f\u1160\u2800\u3164\uffa0")


def clean(text):
    """*text* with LF line ends, in NFC, without control and direction characters, trimmed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", HARMFUL.sub("", text)).strip()


def is_blank(text):
    """Whether *text* would look blank."""
    return all(
        character in BLANK or unicodedata.category(character) in INVISIBLE or unicodedata.combining(character)
        for character in text
    )


def beginning(text, most=60):
    """The first line of *text*, cut to *most* characters, as a title."""
    line = text.partition("\n")[0]
    whole = line == text and len(line) <= most
    return line if whole else f"{line[: most - 1].rstrip()}…"

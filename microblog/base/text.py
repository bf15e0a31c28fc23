"""What people write: cleaned when it comes in, and cut where there is room for its beginning only."""

import re
import unicodedata

import regex

# Code points of a post, a message or an "about me".
MAX_LENGTH = 140
# Of a post that comes from elsewhere.
LONGEST = 5000
# Control characters but the line end, lone surrogates, and embeddings, overrides and isolates, which can make
# a text look different from what is stored.
HARMFUL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# Signs that nobody sees, as the inside of a character class of GLOB and of a regular expression: spaces, what
# Unicode lets programs leave out (Default_Ignorable_Code_Point), the empty Braille cell, the musical sign
# without a head, and marks of annotations.
UNSEEN = (
    " \u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
UNSEEN_LINE = re.compile(f"[{UNSEEN}]*")
# The end of a line, with all blank ones that follow.
LINE_ENDS = re.compile(rf"\n(?:[{UNSEEN}]*\n)*")
# More than one blank line in a row.
BLANK_LINES = re.compile(rf"\n(?:[{UNSEEN}]*\n){{2,}}")
# Anything but signs that nobody sees, and marks that stand on no letter.
SEEN = regex.compile(rf"[^{UNSEEN}\p{{C}}\p{{Mn}}\p{{Me}}]")
# What people see as one character, such as a letter with its marks, a flag or a family (UAX 29).
CHARACTER = regex.compile(r"\X")
# What an ellipsis takes the place of: spaces, full stops, other ellipses.
FADING = " \n\u00a0\u3000.…‥。．｡"


def clean(text: str) -> str:
    """*text* with LF line ends, in NFC, without control and direction characters, trimmed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _without_blank_ends(unicodedata.normalize("NFC", HARMFUL.sub("", text))).strip()


def end_of(pattern: re.Pattern[str], text: str, place: int) -> int:
    """Where what *pattern* matches of *text* at *place* ends; *place* if that is nothing."""
    match = pattern.match(text, place)
    return match.end() if match else place


def is_blank(text: str) -> bool:
    """Whether *text* would look blank."""
    return not SEEN.search(text)


def cut(text: str, most: int) -> str:
    """The beginning of *text*, of whole characters, at most *most* code points."""
    ends = (character.end() for character in CHARACTER.finditer(text, endpos=most + 1))
    end = max((end for end in ends if end <= most), default=0)
    # One that is longer than that is cut: nobody sees where among so many marks.
    return text[: end or most]


def beginning(text: str, most: int = 60) -> str:
    """The first line of *text* in which anything can be seen, cut to *most* code points, as a title."""
    first, rest = _first_line(text)
    if is_blank(rest) and len(first) <= most:
        return first
    return with_ellipsis(cut(first, most - 1))


def with_ellipsis(text: str) -> str:
    """*text*, the beginning of a longer one, with one ellipsis at its end."""
    return f"{text.rstrip(FADING)}…"


def _first_line(text: str) -> tuple[str, str]:
    """That line and all that follows; "…" if nothing can be seen."""
    lines = text.split("\n")
    first = next((place for place, line in enumerate(lines) if not is_blank(line)), None)
    return ("…", "") if first is None else (lines[first].strip(), "\n".join(lines[first + 1 :]))


def _without_blank_ends(text: str) -> str:
    """*text* without lines before the first and after the last in which there is something."""
    lines = text.split("\n")
    seen = [place for place, line in enumerate(lines) if not UNSEEN_LINE.fullmatch(line)]
    return "\n".join(lines[seen[0] : seen[-1] + 1]) if seen else ""

"""Wraps the plain text of a mail, Chinese too, so that every mail program shows whole lines."""

import re
import unicodedata

COLUMNS = 72
# A line may break between two wide characters, but not between one and the punctuation that belongs to it.
WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60"
OPENING = "（「『《〈【〔"
CLOSING = "，。、；：？！）」』》〉】〕"
PIECE = re.compile(rf"[{OPENING}]*(?:[{WIDE}]|[^\s{WIDE}]+)[{CLOSING}]*\s*|\s+")


def wrapped(text):
    """*text* with lines wrapped at COLUMNS; a URL stays whole, however long."""
    return "\n".join(_wrapped(line) for line in text.split("\n"))


def _wrapped(text):
    lines, line = [], ""
    for piece in PIECE.findall(text):
        if line and _columns(line + piece.rstrip()) > COLUMNS:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return "\n".join([*lines, line])


def _columns(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

"""
Signs that are written in one way and searched for in another, for the index of posts.

- FTS5 splits words at spaces, which Chinese, Japanese, Thai, Lao, Khmer and Burmese do not have: there each
  sign is a word of its own, as each symbol is, and part of a word is then found as a phrase.
- Full-width and other variants of letters are those letters (NFKC), and a ligature its letters.
- Greek capitals have no accents, and one form of sigma: so has every Greek letter.
- Letters that many people write in another way are those: ``ß`` is ``ss``, ``ё`` is ``е``, ``أ`` is ``ا``.
- The points of Hebrew and Arabic are left out, which most people do not type, and what nobody
  sees: soft hyphens, signs of direction, joiners.
"""

import re
from functools import cache

from peewee import TextField

from microblog.base.database import BaseModel

# All signs of the table, as the inside of a character class of GLOB and of a regular expression.
SIGNS = (
    "\u00ad\u0386-\u03ce\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1f00-\u1fff\u200d-\u200f\u2060\u2100-\u2bff\u3000-\U0010ffff"
    "ÆæŒœßẞØøĐđĦħıŁłЁёآأإٱىیک"
)
# From here on a sign that is not in the table stands apart as well: there are a million of them.
APART = "\u3000"
FOLDED = re.compile(f"[{SIGNS}]")


class FoldedSign(BaseModel):
    sign = TextField(primary_key=True)
    becomes = TextField()

    class Meta:
        table_name = "folded_sign"
        without_rowid = True

    @classmethod
    def folded(cls, text):
        """What each sign of *text* becomes in the index: a list of texts, as long as *text*."""
        if not FOLDED.search(text):  # Most texts have none of them.
            return list(text)
        return [_becomes(sign) if FOLDED.match(sign) else sign for sign in text]


def _becomes(sign):
    return _table().get(sign, f" {sign} " if sign >= APART else sign)


@cache
def _table():
    """All rows: they never change while the site runs."""
    return dict(FoldedSign.select(FoldedSign.sign, FoldedSign.becomes).tuples())

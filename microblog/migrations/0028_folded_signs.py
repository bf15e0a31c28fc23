"""Index posts as people search for them, in every script: see ``models/folded_sign``."""

import re
from unicodedata import category, is_normalized, normalize

APART = "\u3000"
WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2100-\u2bff\u3000-\U0010ffff]")
# Left out: points of Hebrew and Arabic, selectors of variants, and what nobody sees.
LEFT_OUT = re.compile(
    "[\u00ad\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dd\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u200d-\u200f\u2060\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
GREEK = re.compile("[\u0386-\u03ce\u1f00-\u1fff]")
# Where signs are that may become something else.
BLOCKS = [
    *(range(0xAD, 0xAE), range(0x386, 0x3CF), range(0x591, 0x5C8), range(0x610, 0x61B), range(0x640, 0x660)),
    *(range(0x670, 0x671), range(0x6D6, 0x6EE), range(0xE00, 0xF00), range(0x1000, 0x10A0)),
    *(
        range(0x1780, 0x1800),
        range(0x200D, 0x2010),
        range(0x1F00, 0x2000),
        range(0x2060, 0x2061),
        range(0x2100, 0x2C00),
    ),
    *(range(0x3000, 0xD800), range(0xF900, 0x20000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE1000)),
]
SIGNS = (
    "\u00ad\u0386-\u03ce\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1f00-\u1fff\u200d-\u200f\u2060\u2100-\u2bff\u3000-\U0010ffff"
)
STATEMENTS = [
    "DROP VIEW post_words",
    "DROP TABLE post_index",
    f"""
    CREATE VIEW post_words AS
    SELECT id, CASE WHEN body GLOB '*[{SIGNS}]*' THEN (
        WITH RECURSIVE letter (place, sign) AS (
            SELECT 1, substr(body, 1, 1)
            UNION ALL SELECT place + 1, substr(body, place + 1, 1) FROM letter WHERE sign <> ''
        )
        SELECT group_concat(coalesce(
            folded.becomes,
            CASE WHEN letter.sign < '\u3000' THEN letter.sign ELSE ' ' || letter.sign || ' ' END
        ), '')
        FROM letter LEFT JOIN folded_sign AS folded ON folded.sign = letter.sign
    ) ELSE body END AS words FROM post
    """,  # noqa: S608 - no part of it comes from outside
    """
    CREATE VIRTUAL TABLE "post_index" USING fts5 ("words", columnsize=0, content=post_words, content_rowid=id,
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co M* So' separators '©®°¦'")
    """,
    "INSERT INTO post_index (post_index) VALUES ('rebuild')",
]


def up(_migrator, db):
    db.execute_sql(
        'CREATE TABLE "folded_sign" ("sign" TEXT NOT NULL PRIMARY KEY, "becomes" TEXT NOT NULL) WITHOUT ROWID'
    )
    signs = (chr(code) for block in BLOCKS for code in block)
    db.connection().executemany("INSERT INTO folded_sign VALUES (?, ?)", rows(signs))
    for statement in STATEMENTS:
        db.execute_sql(statement)


def rows(signs):
    for sign in signs:
        # Nearly all of a hundred thousand.
        if sign >= APART and is_normalized("NFKC", sign) and not LEFT_OUT.match(sign):
            continue
        becomes = folded(sign)
        if category(sign) != "Cn" and becomes != (apart(sign) if sign >= APART else sign):
            yield sign, becomes


def folded(sign):
    if LEFT_OUT.match(sign):
        return ""
    if GREEK.match(sign):
        # Capitals have no accents, and one form of sigma.
        return "".join(each for each in normalize("NFD", sign) if category(each) != "Mn").replace("ς", "σ")
    return "".join(apart(each) for each in normalize("NFKC", sign))


def apart(sign):
    return f" {sign} " if WITHOUT_SPACES.match(sign) else sign

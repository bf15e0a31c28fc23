"""Index posts anew: letters that many people write in another way are found either way."""

# Letters that lose no accent by Unicode's rules, and those that keyboards and habits exchange.
SPELT = {
    **{"Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ß": "ss", "ẞ": "SS"},
    **{"Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "Ł": "L", "ł": "l"},
    **{"Ё": "Е", "ё": "е"},
    **{"آ": "ا", "أ": "ا", "إ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك"},
}
SIGNS = (
    "\u00ad\u0386-\u03ce\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1f00-\u1fff\u200d-\u200f\u2060\u2100-\u2bff\u3000-\U0010ffff"
    "ÆæŒœßẞØøĐđĦħıŁłЁёآأإٱىیک"
)
STATEMENTS = [
    "DROP VIEW post_words",
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
    "INSERT INTO post_index (post_index) VALUES ('rebuild')",
]


def up(_migrator, db):
    db.connection().executemany("INSERT INTO folded_sign VALUES (?, ?)", SPELT.items())
    for statement in STATEMENTS:
        db.execute_sql(statement)

"""
Full-text search: an FTS5 index that triggers keep up to date, whatever adds or removes a post.

The index stores no text; it reads posts through a view, which writes them as one would search for them:
see ``FoldedSign``. All of this is plain SQL: a trigger that called a Python function would break every other
program that opens the file.
"""

import re

from playhouse.sqlite_ext import FTS5Model, SearchField

from microblog.base.database import db
from microblog.base.prepared import prepared
from microblog.base.text import clean
from microblog.models.folded_sign import APART, FoldedSign
from microblog.models.folded_sign import SIGNS as FOLDED
from microblog.models.post import Post
from microblog.models.search_marks import CLOSE, OPEN

LONGEST = 200
# A star after a single letter would match a great many words, and SQLite would collect all their posts.
SHORT_PREFIX = re.compile(r'((?<![^\W_])[^\W_]?[^\w"]*")\*')
NOTHING = '""'
# Quotation marks and signs of other keyboards, mapped to those that web_query() knows. What stands before a
# colon or in braces would be the name of a column to it.
TYPED = str.maketrans(
    {**dict.fromkeys("“”„«»「」『』＂", '"'), "－": "-", "＊": "*"} | dict.fromkeys(":{}", " ")
)
# A letter that makes web_query() take a symbol or a mark for a word. Nobody writes it any more.
WORD = "\u16ee"
SYMBOLS = re.compile(r"([^\w\s\x00-\x7f]+)")

VIEW = f"""
    CREATE VIEW IF NOT EXISTS post_words AS
    SELECT id, CASE WHEN body GLOB '*[{FOLDED}]*' THEN (
        WITH RECURSIVE letter (place, sign) AS (
            SELECT 1, substr(body, 1, 1)
            UNION ALL SELECT place + 1, substr(body, place + 1, 1) FROM letter WHERE sign <> ''
        )
        SELECT group_concat(coalesce(
            folded.becomes,
            CASE WHEN letter.sign < '{APART}' THEN letter.sign ELSE ' ' || letter.sign || ' ' END
        ), '')
        FROM letter LEFT JOIN folded_sign AS folded ON folded.sign = letter.sign
    ) ELSE body END AS words FROM post
"""  # noqa: S608 - no part of it comes from outside
# Marks are parts of words, as in the scripts of India; symbols such as emoji can be searched for.
TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co M* So' separators '©®°¦'"
ADD = "INSERT INTO post_index (rowid, words) SELECT id, words FROM post_words WHERE id = NEW.id;"
# To remove an entry, FTS5 needs the text that was added.
REMOVE = """INSERT INTO post_index (post_index, rowid, words)
    SELECT 'delete', id, words FROM post_words WHERE id = OLD.id;"""
TRIGGERS = [
    VIEW,
    f"CREATE TRIGGER IF NOT EXISTS post_index_add AFTER INSERT ON post BEGIN {ADD} END",
    f"CREATE TRIGGER IF NOT EXISTS post_index_remove BEFORE DELETE ON post BEGIN {REMOVE} END",
    f"CREATE TRIGGER IF NOT EXISTS post_index_before BEFORE UPDATE OF id, body ON post BEGIN {REMOVE} END",
    f"CREATE TRIGGER IF NOT EXISTS post_index_after AFTER UPDATE OF id, body ON post BEGIN {ADD} END",
]


class PostIndex(FTS5Model):
    words = SearchField()

    class Meta:
        database = db
        legacy_table_names = False
        # Hits are sorted by age, not rank, so no sizes are stored. "adios" finds "adiós".
        options = {  # noqa: RUF012 - Peewee's way
            "content": "post_words",
            "content_rowid": "id",
            "columnsize": 0,
            "tokenize": TOKENIZER,
        }

    @classmethod
    def search(cls, query, reader=None):
        """
        Posts that *reader* may see and that match *query*, as a person typed it, newest first.

        Page by ``PostIndex``, so that SQLite reads the index from the newest and stops after a page.
        """
        return cls._matching(Post.visible_to(reader), cls.asked(query))

    @classmethod
    @prepared
    def _matching(cls, posts, asked):
        return (
            posts.select_extend(cls.marked().alias("marked"))
            .join_from(Post, cls, on=(cls.rowid == Post.id))
            .where(cls.match(asked))
            .order_by(cls.rowid.desc())
        )

    @classmethod
    def asked(cls, query):
        """What FTS5 is asked for *query*, as a person typed it; no query is a syntax error."""
        apart = "".join(FoldedSign.folded(cls._understood(query)))
        return SHORT_PREFIX.sub(r"\1", apart)

    @classmethod
    def asks_for_something(cls, query):
        """Whether *query* asks for any word: one that only excludes words finds nothing."""
        return cls._understood(query) != NOTHING

    @classmethod
    def marked(cls):
        """The text with OPEN and CLOSE around each hit, for ``marks``."""
        return cls.words.highlight(OPEN, CLOSE)

    @classmethod
    def _understood(cls, query):
        typed = clean(query)[:LONGEST].translate(TYPED).replace(WORD, "")
        return cls.web_query(SYMBOLS.sub(rf"\1{WORD}", typed)).replace(WORD, "")

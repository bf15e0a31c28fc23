"""The style sheet: nothing in it is unused, and a page with it stays small."""

import gzip
import re

from microblog.base.config import ROOT
from microblog.models import Post

CSS = (ROOT / "static" / "css" / "style.css").read_text()
RULES = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
SCRIPTS = list((ROOT / "static" / "js").glob("*.js"))
BYTES = 20 * 1024
MOST_SCRIPTS = 4


def test_every_class_is_used():
    places = [*(ROOT / "templates").rglob("*.html"), *SCRIPTS]
    places.append(ROOT / "microblog" / "base" / "identicon.py")
    words = set(re.findall(r"[\w-]+", " ".join(path.read_text() for path in places)))
    selectors = " ".join(re.findall(r"[^{};]+(?={)", RULES))

    assert set(re.findall(r"\.([a-z][\w-]*)", selectors)) - words == set()


def test_every_token_is_defined_and_used():
    assert set(re.findall(r"(--[\w-]+):", RULES)) == set(re.findall(r"var\((--[\w-]+)\)", RULES))


def test_there_are_few_scripts_and_the_first_one_waits_for_no_other():
    """Else a key that is pressed meanwhile is lost."""
    first = next(path for path in SCRIPTS if path.name == "main.js").read_text()

    assert len(SCRIPTS) <= MOST_SCRIPTS
    assert '"keydown"' in first
    assert not re.search(r"^import\b(?!\()", first, re.MULTILINE)


def test_a_full_page_weighs_little_with_its_style_and_scripts(susan, sign_in):
    """What a phone loads at its first visit; what else a page needs, such as icons, is drawn in it."""
    for number in range(25):
        Post.create(
            author=susan, body=f"what happened on day {number} of a quiet week, told in a line or two"
        )
    page = sign_in(susan).get("/").text
    texts = [page, CSS, *(path.read_text() for path in SCRIPTS)]

    assert page.count("h-entry") == 25
    assert sum(len(gzip.compress(text.encode(), 6)) for text in texts) <= BYTES

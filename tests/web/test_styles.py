"""The style sheet: nothing in it is unused, and it stays small."""

import gzip
import re

from microblog.base.config import ROOT

CSS = (ROOT / "static" / "css" / "style.css").read_text()
RULES = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
BYTES = 5 * 1024


def test_every_class_is_used():
    places = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "js").glob("*.js")]
    places.append(ROOT / "microblog" / "base" / "identicon.py")
    words = set(re.findall(r"[\w-]+", " ".join(path.read_text() for path in places)))
    selectors = " ".join(re.findall(r"[^{};]+(?={)", RULES))

    assert set(re.findall(r"\.([a-z][\w-]*)", selectors)) - words == set()


def test_every_token_is_defined_and_used():
    assert set(re.findall(r"(--[\w-]+):", RULES)) == set(re.findall(r"var\((--[\w-]+)\)", RULES))


def test_it_weighs_little():
    assert len(gzip.compress(CSS.encode(), 6)) <= BYTES

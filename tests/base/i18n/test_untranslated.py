"""That every text in the templates is marked for translation."""

import re
from html.parser import HTMLParser

import pytest

from microblog.base.config import ROOT

# Error mails to administrators are in English, as the log is.
ENGLISH = ROOT / "templates" / "email" / "error.html"
TEMPLATES = sorted(set((ROOT / "templates").rglob("*.html")) - {ENGLISH})
CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")
# The same in every language.
NAMES = {"Microblog"}
TOLD = {"alt", "title", "placeholder", "aria-label", "aria-description", "label", "summary"}
UNSPOKEN = {"code", "kbd", "pre", "script", "style"}
# Has no end tag.
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Said(HTMLParser):
    """Collects the untranslated words of a template, except those marked as English or as code."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.open = []

    def handle_starttag(self, tag, attributes):
        self._collect(" ".join(value or "" for name, value in attributes if name in TOLD))
        if tag not in VOID:
            self.open.append((tag, tag in UNSPOKEN or ("lang", "en") in attributes))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self._collect(data)

    def _collect(self, text):
        if not any(english for _tag, english in self.open):
            self.words += [word for word in WORD.findall(text) if word not in NAMES]


def said(template):
    reader = Said()
    reader.feed(CODE.sub(" ", template))
    reader.close()
    return reader.words


def test_no_template_says_anything_itself():
    words = {str(path.relative_to(ROOT)): said(path.read_text()) for path in TEMPLATES}

    assert {path: said for path, said in words.items() if said} == {}
    assert len(words) > 50


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('<p>Hello {{ _("there") }}</p>', ["Hello"]),
        ('<p>{% if x %}Yes{% else %}{{ _("No") }}{% endif %}</p>', ["Yes"]),
        ('<a title="Go away" href="/x">{{ name }}</a>', ["Go", "away"]),
        ('<img alt="A cat"><p lang="en">Hello</p><code>ls</code>', ["cat"]),
        ('<p>{{ _("Hello") }} · 3</p>', []),
    ],
)
def test_what_a_template_says_is_found(template, words):
    assert said(template) == words

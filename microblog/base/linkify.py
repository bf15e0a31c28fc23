"""Texts with their links and marks, as pages, feeds and archives show them."""

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from microblog.base.text import BLANK_LINES

# No check for a word boundary before it: Chinese and Japanese put no space before a URL. Their
# punctuation ends it, as do quotation marks of any kind.
ADDRESS = re.compile(
    r"https?://[^\s<>\"“”‘’«»…\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+",
    re.IGNORECASE,
)
HOST = re.compile(r"[\w.-]*\w(:\d{1,5})?|\[[0-9a-f:.]+\](:\d{1,5})?", re.IGNORECASE)
# Characters of a long post that lists show.
EXCERPT = 500
BRACKETS = {")": "(", "]": "[", "}": "{"}


def linkify(text, marks=(), rel="nofollow ugc noopener"):
    """
    *text* as Markup, with URLs as links and never more than one blank line in a row.

    *marks* are pairs of start and end of what to highlight, in order; *rel* is said of the links.
    """
    # Most texts have neither: looking for the pattern at each character would take most of the time.
    html = _with_links(text, marks, rel) if marks or "://" in text else escape(text)
    return Markup(BLANK_LINES.sub("\n\n", html))  # noqa: S704 - every part of the text is escaped


def _with_links(text, marks, rel):
    parts, end = [], 0
    for match in ADDRESS.finditer(text):
        address = _without_trailing(match.group())
        if _leads_somewhere(address):
            start, before = match.start(), end
            end = start + len(address)
            parts += [
                _marked(text, before, start, marks),
                _link(address, rel, _marked(text, start, end, marks)),
            ]
    return "".join([*parts, _marked(text, end, len(text), marks)])


def excerpt(text):
    """*text*, or its beginning where it is long, cut after a word and never within a URL, and an ellipsis."""
    if len(text) <= EXCERPT:
        return text
    end = max(text.rfind(space, EXCERPT // 2, EXCERPT + 1) for space in " \n")
    end = EXCERPT if end < 0 else end
    for match in ADDRESS.finditer(text, 0, end + 1):
        if match.end() > end and match.start():
            end = match.start()
    return f"{text[:end].rstrip()}…"


def _without_trailing(address):
    """Cut off what belongs to the sentence, not the URL; keep a bracket that closes one in the URL."""
    while address:
        last = address[-1]
        closes_own = last in BRACKETS and address.count(BRACKETS[last]) >= address.count(last)
        if closes_own or last not in ".,;:!?'*_~)]}":
            break
        address = address[:-1]
    return address


def _leads_somewhere(address):
    try:
        host = urlsplit(address).netloc
    except ValueError:
        return False
    # A user name before the host, as in https://bank.example@evil.example, is there to deceive.
    return HOST.fullmatch(host) is not None


def _marked(text, start, end, marks):
    """HTML of *text* from *start* to *end*, with marks; a mark that crosses a boundary is cut there."""
    parts = []
    for first, last in marks:
        first, last = max(first, start), min(last, end)
        if first < last:
            parts += [escape(text[start:first]), f"<mark>{escape(text[first:last])}</mark>"]
            start = last
    return "".join([*parts, escape(text[start:end])])


def _link(address, rel, label):
    return f'<a href="{escape(address)}" rel="{rel}">{label}</a>'

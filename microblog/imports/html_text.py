"""HTML of other sites as plain text: what is left of it is what its reader saw."""

import re
from typing import NamedTuple

from microblog.imports.markup import Attributes, End, Start, Token, tokens
from microblog.imports.record import tidy

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
PARTS = {"section", "article", "header", "footer"}
PARAGRAPHS = {"p", "ul", "ol", "dl", "pre", "table", "figure"} | HEADINGS | PARTS
LINES = {"div", "li", "dd", "dt", "tr"}
DROPPED = {"script", "style", "head", "title", "template", "svg", "math", "object", "iframe", "noscript"}
SPACES = re.compile(r"[ \t\r\n\f]+")
# Longest text of one item: beyond it nobody reads, and building it must not take memory.
LONGEST = 50_000


def html_to_text(html: str, mentions: dict[str, str] | None = None) -> str:
    """
    The text of *html*, tidied; *mentions*: from addresses of people to the names they are known by.

    A link is followed by its address unless its text is that, perhaps shortened.
    """
    writer = _Writer(mentions or {})
    for token in tokens(html[:LONGEST]):
        writer.take(token)
    return tidy(writer.text())


class _Link(NamedTuple):
    """*parts*: those of its text."""

    href: str
    is_mention: bool
    parts: list[str]


class _Writer:
    def __init__(self, mentions: dict[str, str]):
        self._mentions = mentions
        self._lines = [""]
        # Elements that are dropped with all in them, and how deep we are in blockquotes.
        self._dropping, self._quotes, self._keeps_spaces = 0, 0, 0
        # The one that is open.
        self._link: _Link | None = None

    def text(self) -> str:
        self._close_link()
        return "\n".join(line.rstrip() for line in self._lines)

    def take(self, token: Token) -> None:
        name = token.name if isinstance(token, (Start, End)) else None
        if name in DROPPED:
            self._dropping = max(0, self._dropping + (1 if isinstance(token, Start) else -1))
        elif self._dropping:
            return
        elif isinstance(token, Start):
            self._start(token.name, token.attributes)
        elif isinstance(token, End):
            self._end(token.name)
        else:
            self._text(token)

    def _start(self, name: str, attributes: Attributes) -> None:
        if name == "br":
            self._new_line()
        elif name in PARAGRAPHS:
            self._new_paragraph()
            self._keeps_spaces += name == "pre"
        elif name == "blockquote":
            self._new_paragraph()
            self._quotes += 1
        elif name in LINES:
            self._at_new_line()
            self._add("- " if name == "li" else "")
        elif name == "a":
            self._open_link(attributes)
        elif name == "img" and (attributes.get("alt") or "").strip():
            self._add(f"[picture: {SPACES.sub(' ', attributes['alt']).strip()}]")

    def _end(self, name: str) -> None:
        if name in PARAGRAPHS:
            self._new_paragraph()
            self._keeps_spaces = max(0, self._keeps_spaces - (name == "pre"))
        elif name == "blockquote":
            self._quotes = max(0, self._quotes - 1)
            self._new_paragraph()
        elif name == "div":
            self._at_new_line()
        elif name == "a":
            self._close_link()

    def _text(self, data: str) -> None:
        if self._keeps_spaces:
            first, *others = data.split("\n")
            self._add(first)
            for line in others:
                self._new_line()
                self._add(line)
            return
        text = SPACES.sub(" ", data)
        at_start = not self._lines[-1].strip("> ")
        self._add(text.lstrip() if at_start else text)

    def _open_link(self, attributes: Attributes) -> None:
        self._close_link()
        classes = (attributes.get("class") or "").split()
        self._link = _Link(attributes.get("href") or "", "mention" in classes, [])

    def _close_link(self) -> None:
        if self._link is None:
            return
        href, is_mention, parts = self._link
        self._link = None
        self._add(self._shown(href, is_mention, "".join(parts)))

    def _shown(self, href: str, is_mention: bool, text: str) -> str:
        shown = text.strip()
        if href in self._mentions and shown.startswith("@"):
            return text.replace(shown, self._mentions[href])
        if is_mention or shown.startswith("#") or not href.startswith(("https://", "http://")):
            return text
        if not shown or _shortens(shown, href):
            return text.replace(shown, href) if shown else href
        return f"{text} ({href})"

    def _add(self, text: str) -> None:
        if self._link is not None:
            self._link.parts.append(text)
            return
        if text and not self._lines[-1] and self._quotes:
            self._lines[-1] = "> " * min(self._quotes, 5)
        self._lines[-1] += text

    def _new_line(self) -> None:
        if self._link is not None:
            self._link.parts.append(" ")
        else:
            self._lines.append("")

    def _at_new_line(self) -> None:
        if self._lines[-1]:
            self._new_line()

    def _new_paragraph(self) -> None:
        self._at_new_line()
        if self._link is None and len(self._lines) > 1 and self._lines[-2]:
            self._lines.append("")


def _shortens(shown: str, href: str) -> bool:
    """Whether *shown* is *href*, or what sites show in its place: without scheme, or cut off by dots."""
    bare = re.sub(r"^https?://(www\.)?", "", href).rstrip("/")
    shown = re.sub(r"^https?://(www\.)?", "", shown).rstrip("/")
    begin = re.sub(r"(…|\.\.\.)$", "", shown)
    return bare == shown or (begin != shown and bool(begin) and bare.startswith(begin))

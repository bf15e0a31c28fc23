"""Texts with their links and marks, as pages, feeds and archives show them."""

from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from microblog.base.entities import URL, Entity, entities, has_signs
from microblog.base.text import BLANK_LINES, LINE_ENDS, cut, with_ellipsis

# Characters and lines of a long post that lists show.
EXCERPT = 500
LINES = 12
# Where what is to be highlighted begins and ends.
Mark = tuple[int, int]
# The HTML that begins the link of an entity; None: it is text.
Anchor = Callable[[Entity], str | None]


def linkify(
    text: str, marks: Sequence[Mark] = (), rel: str = "nofollow ugc noopener", anchor: Anchor | None = None
) -> Markup:
    """
    *text* with its entities as links and never more than one blank line in a row.

    *marks* are in order; *rel* is said of the links to URLs.
    *anchor* is given each mention and each tag, and returns the Markup that begins its link, or None if it
    is text; without it all are.
    """
    # Most texts have neither: to look at each of them would take most of the time.
    linked = "://" in text if anchor is None else has_signs(text)
    return _tidy(_with_links(text, marks, rel, anchor) if marks or linked else escape(text))


def plain(text: str) -> Markup:
    """*text* without links and with no more blank lines than that."""
    return _tidy(escape(text))


def _tidy(html: str) -> Markup:
    return Markup(BLANK_LINES.sub("\n\n", html))  # noqa: S704 - every part of the text is escaped


def _with_links(text: str, marks: Sequence[Mark], rel: str, anchor: Anchor | None) -> str:
    parts, end = [], 0
    for entity in entities(text):
        begin = _url_anchor(entity, rel) if entity.kind == URL else anchor and anchor(entity)
        if begin:
            parts += [_marked(text, end, entity.start, marks), begin]
            end = entity.end
            parts += [_marked(text, entity.start, end, marks), "</a>"]
    return "".join([*parts, _marked(text, end, len(text), marks)])


def excerpt(text: str) -> str:
    """
    *text*, or, if it is long or has many lines, its beginning and an ellipsis.

    It is cut after a word or line, never within a link, and never within what people see as one character.
    """
    if len(text) <= EXCERPT and "\n" not in text:  # As most are.
        return text
    lines = _first_lines(text)
    return _beginning(lines) if len(lines) > EXCERPT else text if lines == text else with_ellipsis(lines)


def _first_lines(text: str) -> str:
    """*text* up to the end of the last line that is shown; of blank lines in a row one is."""
    shown = 1
    for gap in LINE_ENDS.finditer(text):
        shown += min(gap[0].count("\n"), 2)
        if shown > LINES:
            return text[: gap.start()]
    return text


def _beginning(text: str) -> str:
    end = max(text.rfind(space, EXCERPT // 2, EXCERPT + 1) for space in " \n")
    end = len(cut(text, EXCERPT)) if end < 0 else end
    for entity in entities(text):
        if 0 < entity.start < end < entity.end:
            end = entity.start
    return with_ellipsis(text[:end])


def _marked(text: str, start: int, end: int, marks: Sequence[Mark]) -> str:
    """HTML of *text* from *start* to *end*, with marks; a mark that crosses a boundary is cut there."""
    parts = []
    for first, last in marks:
        first, last = max(first, start), min(last, end)
        if first < last:
            parts += [escape(text[start:first]), f"<mark>{escape(text[first:last])}</mark>"]
            start = last
    return "".join([*parts, escape(text[start:end])])


def _url_anchor(url: Entity, rel: str) -> str:
    return f'<a href="{escape(url.value)}" rel="{rel}">'

"""
A small picture for each user, drawn from the username alone: no file, no outside service.

The pictures of the latest thousand names are kept, because a page of posts shows 25; a name has only one.
"""

import hashlib
from functools import lru_cache

from markupsafe import Markup

SIZE = 5
HALF = 3
HUES = 24
# Lightness and chroma of what is around the cells, and of the cells, as OKLCH has them.
GROUND, CELL = (0.88, 0.05), (0.42, 0.13)
# They take 800 bytes each.
KEPT = 1000


@lru_cache(KEPT)
def identicon(username: str) -> Markup:
    """An SVG element: five by five cells, symmetric, in one of 24 hues."""
    hue, cells = pattern(username)
    drawn = "".join(f"M{x} {y}h1v1h-1z" for x, y in cells)
    return Markup(  # noqa: S704 - it holds numbers only
        '<svg class="identicon" viewBox="-1 -1 7 7" aria-hidden="true" shape-rendering="crispEdges">'
        f'<path fill="{_css(*GROUND, hue)}" d="M-1-1h7v7h-7z"/>'
        f'<path fill="{_css(*CELL, hue)}" d="{drawn}"/></svg>'
    )


def pattern(username: str) -> tuple[int, list[tuple[int, int]]]:
    """The hue in degrees, and the cells that are filled, a list of column and row."""
    digest = hashlib.sha256(username.casefold().encode()).digest()
    return digest[0] % HUES * (360 // HUES), _cells(digest[1:])


def _cells(digest: bytes) -> list[tuple[int, int]]:
    filled: list[tuple[int, int]] = []
    for row in range(SIZE):
        for column in range(HALF):
            if digest[row * HALF + column] & 1:
                filled += {(column, row), (SIZE - 1 - column, row)}
    # A picture that would be empty gets its middle cell.
    return sorted(filled or [(2, 2)])


def _css(lightness: float, chroma: float, hue: int) -> str:
    return f"oklch({lightness:.0%} {chroma:g} {hue})".replace(" 0.", " .")

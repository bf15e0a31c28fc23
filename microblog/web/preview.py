"""
The picture that stands beside a link to a page of the site where it is shared: OpenGraph's ``og:image``.

It shows the site's mark and name and, of a person, their identicon and name. Of a text only what the font has
is drawn, and else nothing: never boxes.
"""

from functools import lru_cache
from io import BytesIO

from microblog.base import identicon
from microblog.base.oklch import rgb_of

# What those who show such pictures expect, in pixels.
WIDTH, HEIGHT = 1200, 630
MARGIN, SIDE = 105, 420
# Where texts begin, and the heights of the middle of both lines.
TEXT, FIRST, ALONE, SECOND = MARGIN + SIDE + 60, 270, HEIGHT // 2, 400
PAPER, INK, SOFT, MARKER = "#f5f9f7", "#17211e", "#4d5f59", "#f7d94c"
LARGE, SMALL = 130, 52
# The identicon, with one cell around it.
CELL = SIDE // (identicon.SIZE + 2)
# They take 15 kB each.
KEPT = 32
# No font has it.
UNKNOWN = "\U0010ffff"


@lru_cache(KEPT)
def preview(site_name, colour, username=None):
    """PNG as bytes; *colour* is the site's accent, such as ``#1b7a5a``."""
    # Here, because it takes 7 MB, which the worker and most web processes need not have.
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    if username is None:
        left = MARGIN if can_be_drawn(site_name) else (WIDTH - SIDE) // 2
        _draw_mark(draw, left, MARGIN, SIDE, colour)
        _write(draw, TEXT, ALONE, site_name, LARGE, INK)
    else:
        _draw_identicon(draw, username)
        _write(draw, TEXT, FIRST, username, LARGE, INK)
        _draw_mark(draw, TEXT, SECOND - SMALL // 2, SMALL, colour)
        _write(draw, TEXT + SMALL + 20, SECOND, site_name, SMALL, SOFT)
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _draw_mark(draw, x, y, side, colour):
    """The mark of the site, as in the bar of its pages."""
    draw.rectangle((x, y, x + side - 1, y + side - 1), fill=colour)
    draw.rectangle((x, y, x + side * 3 // 10, y + side - 1), fill=MARKER)


def _draw_identicon(draw, username):
    hue, cells = identicon.pattern(username)
    draw.rectangle(
        (MARGIN, MARGIN, MARGIN + SIDE - 1, MARGIN + SIDE - 1), fill=rgb_of(*identicon.GROUND, hue)
    )
    for column, row in cells:
        x, y = MARGIN + CELL * (column + 1), MARGIN + CELL * (row + 1)
        draw.rectangle((x, y, x + CELL - 1, y + CELL - 1), fill=rgb_of(*identicon.CELL, hue))


def _write(draw, x, middle, text, size, colour):
    """Write *text* beside the point, smaller if it is long; nothing if the font lacks any of it."""
    if not can_be_drawn(text):
        return
    space = WIDTH - MARGIN // 2 - x
    length = _font(size).getlength(text)
    draw.text((x, middle), text, colour, _font(size * min(1, space / length)), anchor="lm")


def can_be_drawn(text):
    """Whether the font, which has Latin letters, has all of *text*."""
    missing = _shape(UNKNOWN)
    return all(sign == " " or _shape(sign) != missing for sign in text)


def _shape(sign):
    return bytes(_font(SMALL).getmask(sign))


@lru_cache(4)
def _font(size):
    from PIL import ImageFont

    return ImageFont.load_default(size)

"""Each accent colour can be read, by day and by night, on whatever it stands."""

import math
import re

import pytest

from microblog.base.accents import ACCENTS, PINE
from microblog.base.config import ROOT
from microblog.web.forms import SiteForm

CSS = (ROOT / "static" / "css" / "style.css").read_text()
HUES = {PINE: re.search(r"--hue: (\d+)", CSS)[1]} | dict(
    re.findall(r"\[data-accent=(\w+)\] { --hue: (\d+); }", CSS)
)
# What is text or sign, and what it stands on.
PAIRS = [("pine", "paper"), ("pine", "card"), ("pine", "wash"), ("on-pine", "pine"), ("ink", "wash")]
READABLE = 4.5


def luminance(lightness, chroma, hue):
    """Relative luminance, as WCAG 2 has it, of a colour in OKLCH, clipped to sRGB."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return sum(
        share * min(1, max(0, part))
        for share, part in zip((0.2126, 0.7152, 0.0722), (red, green, blue), strict=True)
    )


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def token(name, accent, scheme):
    """The luminance of the token *name*; *scheme*: 0 by day, 1 by night."""
    value = re.search(rf"--{name}: light-dark\((.+)\);", CSS)[1].replace("var(--hue)", HUES[accent])
    lightness, chroma, hue = re.findall(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", value)[scheme]
    return luminance(float(lightness) / 100, float(chroma), float(hue))


def test_style_sheet_form_and_mails_know_the_same_eight(app):
    with app.test_request_context():
        choices = [choice.data for choice in SiteForm().accent]

    assert set(HUES) == set(ACCENTS) == set(choices)
    assert len(ACCENTS) == 8


@pytest.mark.parametrize("accent", ACCENTS)
def test_it_can_be_read_by_day_and_by_night(accent):
    for scheme in (0, 1):
        for sign, ground in PAIRS:
            assert contrast(token(sign, accent, scheme), token(ground, accent, scheme)) >= READABLE


@pytest.mark.parametrize("accent", ACCENTS)
def test_white_can_be_read_on_it_in_mails(accent):
    parts = [int(ACCENTS[accent][i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]

    luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert contrast(luminance, 1) >= READABLE

"""Colours by lightness, chroma and hue (OKLCH), for what does not understand CSS."""

from math import cos, radians, sin


def rgb_of(lightness: float, chroma: float, hue: float) -> tuple[int, ...]:
    """
    Red, green and blue, 0 to 255, of ``oklch(lightness chroma hue)``: 0 to 1, 0 to 0.4, degrees.

    The matrices are those of Björn Ottosson, who described OKLab. What a screen cannot show is cut off.
    """
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return tuple(
        _as_byte(part)
        for part in (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
    )


def _as_byte(linear: float) -> int:
    """A part of linear light as sRGB encodes it."""
    light = min(max(linear, 0), 1)
    encoded = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(255 * encoded)

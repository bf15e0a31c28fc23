import pytest

from microblog.base.oklch import rgb_of


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((1, 0, 0), (255, 255, 255)),
        ((0, 0, 0), (0, 0, 0)),
        ((0.62796, 0.25768, 29.2339), (255, 0, 0)),
        ((0.86644, 0.29483, 142.4953), (0, 255, 0)),
        ((0.45201, 0.31321, 264.0520), (0, 0, 255)),
        ((0.59987, 0, 0), (128, 128, 128)),
        # More than a screen can show.
        ((0.9, 0.4, 29), (255, 0, 0)),
    ],
)
def test_colours_are_those_that_css_gives(colour, expected):
    assert rgb_of(*colour) == expected

import xml.etree.ElementTree as ElementTree

from microblog.base.identicon import identicon


def test_the_same_name_gives_the_same_picture_whatever_its_case():
    assert identicon("Susan") == identicon("susan")


def test_names_differ_in_their_pictures():
    assert len({identicon(f"user{number}") for number in range(200)}) > 195


def test_it_is_an_svg_that_needs_no_style_and_is_no_text():
    picture = ElementTree.fromstring(identicon("susan"))

    assert picture.tag == "svg"
    assert picture.get("aria-hidden") == "true"
    assert all(part.get("style") is None and part.get("fill") for part in picture)


def test_every_picture_shows_something():
    assert all('d=""' not in identicon(f"user{number}") for number in range(500))

"""The pictures beside links to the site: of whom there are any, and what is drawn."""

import re
import struct
from html import unescape

import pytest

from microblog import accounts
from microblog.models import Site
from microblog.web.preview import can_be_drawn, preview

PINE, PLUM = "#1b7a5a", "#8c5180"


def size(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def test_every_page_that_says_what_a_link_to_it_shows_has_a_picture(client, susan, write_posts):
    [post] = write_posts(susan, "hello #tea")
    pages = ("/", "/about", "/explore", "/user/susan", f"/post/{post.id}", "/tag/tea", "/auth/login")
    described = [client.get(path).text for path in pages]
    described = [page for page in described if 'property="og:title"' in page]
    assert len(described) == 4

    for page in described:
        [address] = re.findall('<meta property="og:image" content="http://localhost([^"]+)">', page)
        response = client.get(unescape(address))
        assert (response.status_code, response.mimetype) == (200, "image/png")
        assert size(response.data) == (1200, 630)
        assert f'<meta property="og:image:width" content="{size(response.data)[0]}">' in page
        assert f'<meta property="og:image:height" content="{size(response.data)[1]}">' in page


def test_who_has_the_picture_is_told_so_until_it_is_another(client, susan):
    first = client.get("/user/susan/preview.png")
    assert first.cache_control.public
    known = {"If-None-Match": first.headers["ETag"]}

    again = client.get("/user/susan/preview.png", headers=known)
    assert (again.status_code, again.data) == (304, b"")

    for change in ({"name": "Elm Street"}, {"accent": "plum"}):
        Site.change(**change)
        answer = client.get("/user/susan/preview.png", headers=known)
        assert answer.status_code == 200
        known = {"If-None-Match": answer.headers["ETag"]}


def test_there_is_none_of_who_is_not_there(client, susan, john):
    accounts.suspend(john, by="mary")

    assert client.get("/user/john/preview.png").status_code == 404
    assert client.get("/user/nobody/preview.png").status_code == 404
    assert "preview.png" not in client.get("/user/john").text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_address_gets_sixty_a_minute(app, client, susan, method, monkeypatch):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)

    answers = [client.open("/preview.png", method=method).status_code for _number in range(61)]

    assert answers == [200] * 60 + [429]


@pytest.mark.parametrize(
    "name", ["Nora’s café", "微博客", "Москва", "مرحبا", "हिन्दी", "👍🏽", "\U0010ffff", "e\u0301", "a\u202eb"]
)
def test_a_name_that_the_font_lacks_is_left_out(name):
    assert not can_be_drawn(name)
    assert preview(name, PINE) == preview("\ue000", PINE)
    assert preview(name, PINE, "susan") == preview("\ue000", PINE, "susan")


def test_each_name_of_a_person_can_be_drawn_and_fits():
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

    assert can_be_drawn(letters)
    assert preview("Elm", PINE, "W" * 32) != preview("Elm", PINE, "W" * 31)


def test_pictures_differ_by_all_that_is_on_them():
    shown = [("Elm", PINE), ("Oak", PINE), ("Elm", PLUM)]
    shown += [(*one, name) for one in shown for name in ("susan", "john")]

    assert len({preview(*one) for one in shown}) == len(shown)

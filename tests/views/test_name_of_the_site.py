"""The site is somebody's: its name and look, where they are set and where they stand."""

import re
from html import unescape

import pytest

from microblog.base.accents import ACCENTS
from microblog.base.database import data_dir
from microblog.base.text import is_blank
from microblog.models import Site
from tests.mails import written
from tests.views.test_sign_in import CODE, NEW

NAME = "Nora’s <b>garden</b> & co"
SENTENCE = "Letters of the people of Elm Street."
GIVEN = {"name": NAME, "sentence": SENTENCE, "about": "Be kind.\n\nhttps://elm.example", "accent": "plum"}


@pytest.fixture
def named(app):
    """The site under its own name."""
    Site.change(**GIVEN)


def pages(app):
    """Paths of all that is read at an address without an argument, and of some with one."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    paths = [rule.rule for rule in rules]
    return [*paths, "/user/susan", "/user/john", "/tag/tea", "/nowhere", "/user/susan/feed.atom"]


def test_it_stands_on_every_page_and_no_other_name_does(app, named, office, client, susan, john, write_posts):
    write_posts(susan, "drinking #tea")
    seen = 0
    for browser in (office, client):
        for path in pages(app):
            response = browser.get(path)
            assert b"Microblog" not in response.data, path
            if response.mimetype == "text/html" and response.status_code in (200, 404):
                seen += 1
                assert unescape(re.search("<title>(.*)</title>", response.text)[1]).endswith(f" · {NAME}")
                assert "<bdi>Nora’s &lt;b&gt;garden&lt;/b&gt; &amp; co</bdi>" in response.text
                assert 'data-accent="plum"' in response.text, path
                assert 'href="/about"' in response.text, path
    assert seen > 30


def test_mails_of_each_kind_name_it_and_have_its_colour(app, named):
    for _kind, mail in written(app, "en"):
        assert mail.subject == f"[{NAME}] Subject"
        assert NAME in mail.body
        assert "<b>" not in mail.html
        assert ACCENTS["plum"] in mail.html
        assert "Microblog" not in mail.body + mail.html


def test_feeds_apps_and_previews_of_links_name_it(client, named, susan, write_posts):
    [post] = write_posts(susan, "hello")

    assert client.get("/feed.json").json["title"] == NAME
    assert client.get("/feed.json").json["description"] == SENTENCE
    assert f"<subtitle>{SENTENCE}</subtitle>" in client.get("/feed.atom").text
    assert client.get("/user/susan/feed.json").json["title"] == f"susan · {NAME}"
    assert client.get("/api/openapi.json").json["info"]["title"] == NAME
    app = client.get("/manifest.webmanifest").json
    assert (app["name"], app["description"]) == (NAME, SENTENCE)
    for path in ("/about", "/user/susan", f"/post/{post.id}"):
        page = unescape(client.get(path).text)
        assert f'<meta property="og:site_name" content="{NAME}">' in page


def test_a_feed_that_was_read_before_is_new_under_another_name(client, susan, write_posts):
    write_posts(susan, "hello")
    tag = client.get("/feed.atom").headers["ETag"]

    Site.change(name=NAME)

    assert client.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 200


def test_the_administrator_changes_it(office, client):
    response = office.post_form("/admin/site", **GIVEN)

    assert response.location == "/admin/site"
    site = Site.current()
    assert {name: getattr(site, name) for name in GIVEN} == GIVEN
    assert "<title>Sign in · Nora’s" in client.get("/auth/login").text


def test_the_about_page_shows_what_they_wrote(client, named):
    page = client.get("/about").text

    assert SENTENCE in page
    assert 'Be kind.\n\n<a href="https://elm.example"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 41),
        ("name", ""),
        ("name", "\u200b\u3164"),
        ("sentence", "x" * 141),
        ("about", "x" * 5001),
        ("accent", "red"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_typed_is_lost(office, field, value):
    response = office.post_form("/admin/site", **GIVEN | {field: value})

    assert response.status_code == 422
    assert Site.current().name == "Microblog"
    text = unescape(response.text)
    for name, kept in (GIVEN | {field: value}).items():
        if name != "accent" and not is_blank(kept):
            assert kept in text, name
    assert 'class="error"' in text


@pytest.mark.parametrize("field", GIVEN)
def test_a_field_that_is_not_sent_stays(office, named, field):
    sent = {name: value for name, value in GIVEN.items() if name != field}

    assert office.post_form("/admin/site", **sent).status_code == 302
    assert getattr(Site.current(), field) == GIVEN[field]


def test_name_and_sentence_are_one_line(office):
    office.post_form("/admin/site", **GIVEN | {"name": " Our\r\ngarden\t", "sentence": "a\nb"})

    assert (Site.current().name, Site.current().sentence) == ("Our garden", "a b")


@pytest.mark.parametrize(
    "given", [{}, {"site_name": "", "sentence": ""}, {"site_name": "Elm", "sentence": "s"}]
)
def test_whoever_sets_it_up_may_name_it(client, given):
    (data_dir() / "setup_code").write_text(CODE)

    assert client.post_form(f"/setup?code={CODE}", **NEW, **given).status_code == 302

    site = Site.current()
    assert (site.name, site.sentence) == (given.get("site_name") or "Microblog", given.get("sentence") or "")


def test_a_name_that_does_not_fit_makes_no_account(client):
    (data_dir() / "setup_code").write_text(CODE)

    response = client.post_form(f"/setup?code={CODE}", **NEW, site_name="x" * 41, sentence="kept")

    assert response.status_code == 422
    assert "x" * 41 in response.text
    assert "kept" in response.text
    assert Site.current().name == "Microblog"


def test_a_page_reads_it_once(office, queries):
    office.get("/about")
    queries.clear()
    office.get("/about")

    assert len([sql for sql in queries if '"site"' in sql]) == 1


def test_a_page_about_a_broken_database_knows_it_still(app, client, named, monkeypatch, logged_errors):
    client.get("/about")

    def broken():
        raise RuntimeError

    monkeypatch.setitem(app.view_functions, "site.about", broken)
    monkeypatch.setattr(Site, "current", broken)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    page = client.get("/about")

    logged_errors.clear()
    assert page.status_code == 500
    assert "Nora’s &lt;b&gt;" in page.text


@pytest.mark.parametrize("mode", ["open", "invite"])
def test_a_visitor_is_told_what_to_do_next_and_where_the_feeds_are(
    app, client, browser, susan, write_posts, monkeypatch, mode
):
    monkeypatch.setitem(app.config, "REGISTRATION", mode)
    [post] = write_posts(susan, "hello")

    for path in ("/user/susan", f"/post/{post.id}"):
        end = client.get(path).text.partition('<div class="empty">')[2].partition("</div>")[0]
        assert 'href="/user/susan/feed.atom"' in end
        assert 'href="/user/susan/feed.json"' in end
        assert 'href="/auth/login"' in end
        assert ('href="/auth/register"' in end) == (mode == "open")
        assert "To answer or to follow" not in browser.get(path).text

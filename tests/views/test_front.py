"""What a visitor sees at the address of the site."""

import pytest

from microblog import accounts
from microblog.models import Site
from tests.attacks.test_routes import rows
from tests.views.test_posts import bodies

NAME, SENTENCE = "Elm Street", "Letters of <b>the people</b> & others."


def test_it_says_whose_site_it_is_and_what_was_written(client, susan, john, write_posts):
    Site.change(name=NAME, sentence=SENTENCE)
    write_posts(susan, *(f"post {number}" for number in range(12)))
    write_posts(john, "hidden")
    accounts.suspend(john, by="mary")

    page = client.get("/").text

    assert f'<h1 dir="auto">{NAME}</h1>' in page
    assert "Letters of &lt;b&gt;the people&lt;/b&gt; &amp; others." in page
    assert bodies(client.get("/")) == [f"post {number}" for number in range(11, 1, -1)]
    for path in ("/auth/login", "/explore", "/about", "/feed.atom", "/feed.json"):
        assert f'href="{path}"' in page, path
    assert '<link rel="canonical" href="http://localhost/">' in page


@pytest.mark.parametrize("mode", ["open", "invite", "closed"])
def test_it_leads_to_registering_where_everybody_may(app, client, susan, mode, monkeypatch):
    monkeypatch.setitem(app.config, "REGISTRATION", mode)

    page = client.get("/").text

    assert ('href="/auth/register"' in page) == (mode == "open")
    assert ("you need a link from somebody" in page) == (mode == "invite")
    assert "Nobody has written anything yet." in page


def test_it_is_as_cheap_whoever_wrote_and_writes_nothing(client, susan, john, write_posts, queries):
    def cost():
        queries.clear()
        client.get("/")
        return len(queries)

    write_posts(susan, "first")
    client.get("/")
    before = cost()
    write_posts(susan, *(f"post {number} for @john" for number in range(9)))
    write_posts(john, *(f"post {number}" for number in range(9)))
    kept = rows()

    assert cost() == before
    assert rows() == kept


def test_members_have_their_own_home_there(browser, susan):
    assert "Sign in" not in browser.get("/").text
    assert 'name="post"' in browser.get("/").text

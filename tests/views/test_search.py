import re
from html import unescape

import pytest

from microblog.models import Block, PostIndex


def bodies(response):
    return re.findall(r'class="e-content"[^>]*>(.*?)</p>', response.text, re.S)


def test_everybody_can_search_and_sees_what_was_found(client, susan, write_posts):
    write_posts(susan, "tea & <milk>", "coffee")

    assert bodies(client.get("/search?q=tea")) == ["<mark>tea</mark> &amp; &lt;milk&gt;"]


def test_the_box_keeps_what_was_typed_as_text(client, susan):
    page = client.get("/search", query_string={"q": '"><script>alert(1)</script>'}).text

    assert "<script>alert" not in page
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page


def test_the_box_stands_on_every_page(browser):
    for path in ("/", "/explore", "/user/susan", "/nowhere"):
        assert 'role="search" action="/search"' in browser.get(path).text, path


def test_marks_reach_into_links_and_not_across_them(client, susan, write_posts):
    write_posts(susan, "see https://example.org/tea now")

    [shown] = bodies(client.get("/search", query_string={"q": '"org tea now"'}))

    assert shown == (
        'see <a href="https://example.org/tea" rel="nofollow ugc noopener">https://example.<mark>org/tea</mark></a>'
        "<mark> now</mark>"
    )


def test_nothing_found_says_so_and_how_to_search(client, susan):
    assert "Nothing found" in client.get("/search?q=tea").text
    assert "What are you looking for?" in client.get("/search").text


@pytest.mark.parametrize("query", ["-coffee", "-coffee -milk", '-"green tea"', "?!", "*"])
def test_a_query_that_only_leaves_words_out_is_told_to_name_one(client, susan, write_posts, query):
    write_posts(susan, "tea")

    page = client.get("/search", query_string={"q": query}).text

    assert bodies(client.get("/search", query_string={"q": query})) == []
    assert "Name at least one word that must be in a post." in page
    assert "Name at least one word" not in client.get("/search?q=coffee").text


def test_pages_lead_to_the_oldest_hit_and_back(client, susan, write_posts):
    write_posts(susan, *(f"tea {number}" if number % 2 else "coffee" for number in range(120)))
    address, pages = "/search?q=tea+-milk", []
    while address:
        pages.append(client.get(address))
        older = re.search(r'rel="next" href="([^"]+)"', pages[-1].text)
        address = older and "/search" + unescape(older.group(1))
    newer = re.search(r'rel="prev" href="([^"]+)"', pages[1].text).group(1)

    hits = [body for page in pages for body in bodies(page)]
    assert hits == [f"<mark>tea</mark> {number}" for number in range(119, 0, -2)]
    assert bodies(client.get("/search" + unescape(newer))) == bodies(pages[0])


def test_people_across_a_block_are_not_found(browser, susan, john, write_posts):
    write_posts(john, "tea")
    Block.add(john, susan)

    assert bodies(browser.get("/search?q=tea")) == []


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ED%A0%80", "q=" + "%22" * 900, "", "q=a&q=b", "q=*", "q[]=a", "q=tea&before=x"]
)
def test_no_query_can_break_the_page(client, susan, query):
    assert client.get(f"/search?{query}").status_code == 200


def test_a_search_cannot_be_posted(browser):
    assert browser.post_form("/search", q="tea").status_code == 405


def test_a_search_asks_the_database_as_often_for_many_hits_as_for_one(client, susan, write_posts, queries):
    write_posts(susan, "tea")
    client.get("/search?q=tea")
    queries.clear()
    client.get("/search?q=tea")
    few = len(queries)

    write_posts(susan, *["tea"] * 20)
    queries.clear()
    client.get("/search?q=tea")

    assert len(queries) == few


def test_the_command_makes_the_index_anew(app, client, susan, write_posts):
    write_posts(susan, "tea")
    PostIndex.delete_all()

    result = app.test_cli_runner().invoke(args=["search-rebuild"])

    assert result.output == "every post can be found again\n"
    assert bodies(client.get("/search?q=tea")) == ["<mark>tea</mark>"]

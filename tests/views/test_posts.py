import re

import pytest

from microblog.models import Post, User
from tests.conftest import PASSWORD, make_user

PAGE = 25


def bodies(response):
    return re.findall(r'class="e-content"[^>]*>(.*?)</p>', response.text, re.S)


def link(response, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.text)
    return found and found.group(1)


# Home


def test_home_shows_own_posts_and_those_of_people_followed(browser, susan, john, write_posts):
    write_posts(john, "followed")
    assert bodies(browser.get("/")) == []

    susan.follow(john)
    write_posts(susan, "own")

    assert bodies(browser.get("/")) == ["own", "followed"]


def test_an_empty_home_says_what_to_do(browser):
    assert "Welcome, susan" in browser.get("/").text


def test_every_signed_in_page_holds_a_token(browser):
    for path in ("/", "/explore", "/user/susan", "/tasks", "/export_posts", "/nowhere"):
        assert re.search(r'<input[^>]*name="csrf_token"[^>]*value="[^"]+"', browser.get(path).text), path


# Posting


def test_a_post_is_saved_and_shown(browser):
    response = browser.post_form("/", post="Hello, world")

    assert (response.status_code, response.location) == (302, "/")
    home = browser.get("/")
    assert bodies(home) == ["Hello, world"]
    assert "Posted." in home.text


def test_a_post_is_shown_as_text(browser):
    browser.post_form("/", post="<script>alert(1)</script> {{ 7*7 }} & see https://example.org/?a=1&b=2.")

    [shown] = bodies(browser.get("/"))
    assert shown == (
        "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} &amp; see "
        '<a href="https://example.org/?a=1&amp;b=2" rel="nofollow ugc noopener">'
        "https://example.org/?a=1&amp;b=2</a>."
    )


@pytest.mark.parametrize(
    ("post", "words"),
    [
        ("x" * 141, "1 character too many"),
        ("", "Write something first."),
        (" \x00\u202e ", "None of these characters can be seen."),
    ],
)
def test_a_post_that_cannot_be_saved_says_why(browser, post, words):
    response = browser.post_form("/", post=post)

    assert response.status_code == 422
    assert words in response.text
    assert Post.select().count() == 0


def test_a_post_without_a_form_cannot_be_saved(browser):
    response = browser.post("/", json=["x"], headers={"X-CSRFToken": browser.csrf_token})

    assert response.status_code == 422
    assert "Write something first." in response.text


def test_a_failed_save_keeps_what_was_typed(browser):
    response = browser.post_form("/", post="<b>" + "x" * 140)

    assert "&lt;b&gt;" + "x" * 140 + "</textarea>" in response.text


def test_without_the_token_nothing_is_saved_and_the_text_is_kept(browser):
    response = browser.post("/", data={"post": "precious words"})

    assert response.status_code == 400
    assert "precious words</textarea>" in response.text
    assert Post.select().count() == 0


def test_whoever_was_signed_out_meanwhile_keeps_the_text(client, susan):
    response = client.post_form("/", post="precious words")

    assert response.status_code == 401
    assert "precious words</textarea>" in response.text
    assert 'href="/auth/login"' in response.text
    assert Post.select().count() == 0


def test_posts_are_written_for_oneself_only(browser, susan, john):
    browser.post_form("/", post="mine", author=john.id, id=99, user=john.id)

    assert Post.get().author_id == susan.id


# Explore and pages


def test_explore_shows_everybody_to_everybody(client, susan, john, write_posts):
    write_posts(susan, "one")
    write_posts(john, "two")

    assert bodies(client.get("/explore")) == ["two", "one"]


def test_an_empty_explore_says_so(client, susan):
    assert "Nobody has written anything yet." in client.get("/explore").text


@pytest.mark.parametrize("path", ["/", "/explore", "/user/susan"])
def test_pages_lead_to_the_oldest_post_and_back(browser, susan, write_posts, path):
    write_posts(susan, *map(str, range(60)))
    pages, address = [], path
    while address:
        pages.append(browser.get(path + address if address.startswith("?") else address))
        address = link(pages[-1], "next")

    assert [len(bodies(page)) for page in pages] == [PAGE, PAGE, 10]
    assert [int(body) for page in pages for body in bodies(page)] == list(range(59, -1, -1))
    newer = browser.get(path + link(pages[1], "prev"))
    assert bodies(newer) == bodies(pages[0])
    assert link(pages[0], "prev") is None


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "9" * 400, "1e9", "", "%00", "1&before=2", "١٢"])
def test_no_cursor_can_break_a_page(browser, susan, write_posts, cursor):
    write_posts(susan, "one")

    for name in ("before", "after"):
        assert browser.get(f"/?{name}={cursor}").status_code == 200


def test_a_page_asks_the_database_as_often_for_25_authors_as_for_one(browser, susan, write_posts, queries):
    write_posts(susan, "one")
    browser.get("/explore")
    queries.clear()
    browser.get("/explore")
    few = len(queries)

    for number in range(PAGE):
        write_posts(make_user(f"author{number}"), "one")
    queries.clear()
    page = browser.get("/explore")

    assert len(queries) == few
    assert page.text.count('class="e-content"') == PAGE


# Deleting


def test_deleting_asks_first_and_then_deletes(browser, susan, write_posts):
    [post] = write_posts(susan, "regretted")
    assert f'"/post/{post.id}/delete"' in browser.get("/").text
    assert "regretted" in browser.get(f"/post/{post.id}/delete").text
    assert Post.select().count() == 1

    response = browser.post_form(f"/post/{post.id}/delete")

    assert (response.status_code, response.location) == (302, "/user/susan")
    assert Post.select().count() == 0
    assert "The post is deleted." in browser.get("/user/susan").text


def test_nobody_deletes_what_another_wrote(browser, client, john, write_posts):
    [post] = write_posts(john, "of john")

    assert "/delete" not in browser.get("/explore").text
    assert browser.get(f"/post/{post.id}/delete").status_code == 403
    assert browser.post_form(f"/post/{post.id}/delete").status_code == 403
    assert client.get(f"/post/{post.id}/delete").location == f"/auth/login?next=/post/{post.id}/delete"
    assert client.post_form(f"/post/{post.id}/delete").location == "/auth/login"
    assert Post.select().count() == 1


def test_the_administrator_deletes_any_post(sign_in, susan, john, write_posts):
    User.update(is_admin=True).where(User.id == john.id).execute()
    [post] = write_posts(susan, "against the rules")
    browser = sign_in(john)
    assert f'"/post/{post.id}/delete"' in browser.get("/explore").text
    assert "susan wrote it." in browser.get(f"/post/{post.id}/delete").text

    response = browser.post_form(f"/post/{post.id}/delete")

    assert response.location == "/user/susan"
    assert Post.select().count() == 0


@pytest.mark.parametrize("post_id", ["0", "999", str(2**63 - 1), str(2**63), "9" * 5000, "-1", "x", "1.5"])
def test_there_is_nothing_to_delete(browser, post_id):
    assert browser.get(f"/post/{post_id}/delete").status_code == 404
    assert browser.post_form(f"/post/{post_id}/delete").status_code == 404


def test_deleting_is_a_post(browser, susan, write_posts):
    [post] = write_posts(susan, "one")

    assert browser.delete(f"/post/{post.id}/delete").status_code == 405


# The language of a post


def written_in(browser, accept="", **fields):
    browser.post_form("/", post="hola", headers={"Accept-Language": accept}, **fields)
    return Post.select().order_by(Post.id.desc()).get().language


def test_a_post_is_in_the_language_that_its_author_chose(browser):
    assert written_in(browser, "de-AT,en;q=0.5", language="es") == "es"

    assert '<option value="es" lang="es">' in browser.get("/").text.replace(" selected", "")
    assert 'lang="es">hola</p>' in browser.get("/").text


def test_without_a_choice_it_is_in_the_first_language_of_the_browser(browser):
    assert written_in(browser, "de-AT,en;q=0.5") == "de"
    assert written_in(browser, "zh-TW") == "zh-Hant"
    assert written_in(browser) == "en"


def test_a_choice_holds_for_the_next_posts(browser):
    written_in(browser, "de", language="es")

    assert written_in(browser, "de") == "es"


@pytest.mark.parametrize("language", ["", "x" * 5000, "\x00", "en\u202e", "../../etc/passwd", "*", "tlh"])
def test_what_is_no_language_is_no_choice(browser, language):
    assert written_in(browser, "*,tlh,../..,fr;q=0.1", language=language) == "fr"


# Beyond the ends


@pytest.mark.parametrize(
    ("query", "back"), [("before=1", "?after=0"), (f"after={2**63 - 1}", f"?before={2**63}")]
)
def test_a_page_beyond_the_end_is_empty_and_leads_back(browser, susan, write_posts, query, back):
    write_posts(susan, "one")

    response = browser.get(f"/explore?{query}")

    assert bodies(response) == []
    assert "There is nothing more here." in response.text
    assert f'href="{back}"' in response.text
    assert bodies(browser.get(f"/explore{back}")) == ["one"]


# What came meanwhile


def newer(browser, post_id):
    response = browser.get(f"/newer?after={post_id}")
    return response.json["text"]


def test_new_posts_of_others_are_told_in_words(browser, susan, john, write_posts):
    susan.follow(john)
    [seen] = write_posts(john, "seen")

    assert newer(browser, seen.id) == ""
    write_posts(susan, "own")
    assert newer(browser, seen.id) == ""
    write_posts(john, "new")
    assert newer(browser, seen.id) == "1 new post"
    write_posts(john, *"abc")
    assert newer(browser, seen.id) == "4 new posts"
    write_posts(john, *["more"] * 30)
    assert newer(browser, seen.id) == "More than 25 new posts"


def test_new_posts_of_strangers_are_not_told(browser, john, write_posts):
    write_posts(john, "stranger")

    assert newer(browser, 0) == ""


def test_new_posts_cost_one_query_beside_the_session(browser, susan, john, write_posts, queries):
    susan.follow(john)
    write_posts(john, "seen")
    queries.clear()

    newer(browser, 0)

    assert len(queries) == 2


@pytest.mark.parametrize("query", ["", "?after=", "?after=x", "?after=-1", f"?after={'9' * 30}"])
def test_any_cursor_is_answered(browser, query):
    assert browser.get(f"/newer{query}").json == {"text": ""}


def test_new_posts_are_told_to_nobody_who_is_signed_out(client, susan):
    assert client.get("/newer?after=1").status_code == 401
    assert client.post_form("/newer").status_code == 405


# Sharing, from other apps


def test_what_is_shared_stands_in_the_composer(browser):
    response = browser.get("/?title=ignored&text=Look+here&url=https://example.org/%3Ctea%3E")

    assert ">Look here https://example.org/&lt;tea&gt;</textarea>" in response.text


def test_what_is_shared_is_posted_only_by_the_button(browser, susan):
    browser.get("/?text=Look")

    assert not Post.by_author(susan).exists()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("title=Only", "Only"),
        ("title=Dropped&text=Words&url=https://example.org/", "Words https://example.org/"),
        ("text=See+https://example.org/&url=https://example.org/", "See https://example.org/"),
        ("url=https://example.org/", "https://example.org/"),
    ],
)
def test_what_is_shared_is_there_once_and_never_nothing(browser, query, shown):
    assert f">{shown}</textarea>" in browser.get(f"/?{query}").text


def test_what_is_shared_survives_signing_in(client, susan):
    place = client.get("/?text=Look+here").location

    assert place == "/auth/login?next=/?text%3DLook%2Bhere"
    signed_in = client.post_form(place, username="susan", password=PASSWORD)
    assert ">Look here</textarea>" in client.get(signed_in.location).text

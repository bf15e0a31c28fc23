"""Whatever shows a post says how many answers it has: every page and every operation, new ones too."""

import pytest

from microblog.api.operation import OPERATIONS
from microblog.models import Post, Token
from tests.conftest import make_user

VALUES = {"username": "june", "user": "june", "word": "tea", "tag": "tea"}


@pytest.fixture
def first(susan, john):
    june = make_user("june")
    susan.follow(june)
    first = Post.create(author=june, body="hello, first #tea @susan")
    for body in "one", "two":
        Post.answer(first.id, author=john, body=body)
    return first


def _paths(app, browser, post):
    values = {**VALUES, "post_id": post.id}
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments <= values.keys() and not rule.rule.startswith("/api"):
            yield urls.build(rule.endpoint, {name: values[name] for name in rule.arguments})
    yield "/search?q=hello"


def test_every_page_that_shows_a_post_tells_of_its_answers(app, browser, first):
    shown = f'class="when u-url u-uid" href="/post/{first.id}"'
    pages = {
        path: browser.get(path, buffered=True).get_data().decode(errors="replace")
        for path in _paths(app, browser, first)
    }

    with_it = {path for path, page in pages.items() if shown in page}
    assert {"/", "/explore", "/user/june", "/tag/tea", "/search?q=hello", f"/post/{first.id}"} <= with_it
    untold = {path for path in with_it if f'<a href="/post/{first.id}">2 answers</a>' not in pages[path]}
    assert untold == set()


def test_every_operation_that_shows_a_post_tells_of_its_answers(client, susan, first):
    secret = Token.issue(susan, "a test")[1]
    headers, told = {"Authorization": f"Bearer {secret}"}, {}
    for operation in OPERATIONS.values():
        if operation.method == "GET" and operation.response == "Post":
            path = operation.path.format_map({**VALUES, "post_id": first.id})
            answer = client.get(path, headers=headers)
            assert answer.status_code == 200, path
            posts = answer.json if operation.paged else [answer.json]
            [post] = [post for post in posts if post["id"] == str(first.id)]
            told[path] = post["replies"], post["reply_to"], post["conversation"]

    assert len(told) >= 5
    assert set(told.values()) == {(2, None, str(first.id))}


def test_a_program_answers(client, susan, first):
    secret = Token.issue(susan, "a test")[1]
    ask = {"headers": {"Authorization": f"Bearer {secret}"}}

    made = client.post("/api/posts", json={"body": "three", "reply_to": str(first.id)}, **ask)
    assert made.status_code == 201
    assert (made.json["reply_to"], made.json["conversation"]) == (str(first.id),) * 2

    for reply_to, status in (("5", 409), ("x", 409), (7, 422)):
        refused = client.post("/api/posts", json={"body": "three", "reply_to": reply_to}, **ask)
        assert refused.status_code == status

"""Whatever a program sends, the response says what is wrong with it, and nothing breaks."""

import json
import re

import pytest
from flask import abort

from microblog.exports import export_posts
from microblog.models import Post
from microblog.tasks.task import Task
from tests.conftest import PASSWORD

OF_PAGES = re.compile(r"\b(pages?|buttons?|reload|go back|ask the administrator)\b", re.IGNORECASE)
FILE = "/api/exports/{}/file"
WRITES = [
    ("PUT", "/api/users/me"),
    ("POST", "/api/posts"),
    ("POST", "/api/messages"),
]
BODIES = {
    "null": b"null",
    "a list": b"[1, 2]",
    "a text": b'"body"',
    "a number": b"1e999",
    "deep lists": b"[" * 30_000,
    "deep objects": b'{"body":' * 6_000,
    "deep and whole": b'{"body":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "half": b'{"body": "x',
    "no UTF-8": b'{"body": "\xff\xfe"}',
    "an endless number": b'{"body": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"body": NaN, "name": NaN}',
    "lists for texts": b'{"body": [], "name": [], "username": {}, "recipient": 5, "about_me": true}',
    "nulls for texts": b'{"body": null, "name": null, "username": null, "recipient": null}',
    "lone surrogates": b'{"body": "\\ud800", "name": {}, "username": "\\udfff", "recipient": "\\ud800"}',
    "zeros": b'{"body": "\\u0000", "name": 0, "username": "\\u0000\\u0000\\u0000"}',
    "long texts": json.dumps({"body": "x" * 141, "name": "x" * 65, "username": "x" * 500}).encode(),
    "empty texts": b'{"body": "", "name": 1, "username": "", "recipient": "", "about_me": ""}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_wrong_is_a_problem(program, body):
    for method, path in WRITES:
        response = program.ask(method, path, data=body, content_type="application/json")

        assert response.status_code == status_of(body)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_token_is_asked_for_with_a_body_that_is_right(program_of, susan, body):
    auth = ("susan", PASSWORD)

    response = program_of(None).post("/api/tokens", data=body, content_type="application/json", auth=auth)

    # Each of its fields may be unset.
    assert response.status_code == (201 if body == BODIES["nulls for texts"] else status_of(body))


def status_of(body):
    """422, or 400 if Python cannot read *body*: how deep it reads depends on its version."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return 400
    return 422


def test_a_recipient_of_any_kind_is_no_fault(program):
    for recipient in ("\ud800", "\0", "9" * 5000, "me", "nobody_here"):
        body = json.dumps({"recipient": recipient, "body": "Hello"})

        response = program.post("/api/messages", data=body, content_type="application/json")

        assert response.status_code == (201 if recipient == "me" else 404)


def test_a_lone_surrogate_in_a_text_is_dropped(program):
    response = program.post("/api/posts", data=b'{"body": "a\\ud800b"}', content_type="application/json")

    assert response.json["body"] == "ab"


def test_a_post_of_half_a_character_is_told_what_is_wrong(program):
    response = program.post("/api/posts", data=b'{"body": "\\ud800"}', content_type="application/json")

    assert response.status_code == 422
    assert response.json["errors"] == {"body": ["None of these characters can be seen."]}


@pytest.mark.parametrize("language", ["tlh", "*", "x" * 5000, "\x00", "../../etc/passwd", " "])
def test_a_language_that_is_none_is_told_and_nothing_is_written(program, language):
    response = program.post("/api/posts", json={"body": "Hello", "language": language})

    assert response.status_code == 422
    assert response.json["errors"] == {"language": ["This is not the tag of a language."]}
    assert Post.select().count() == 0


@pytest.mark.parametrize(
    ("given", "kept"), [({}, None), ({"language": ""}, None), ({"language": "es-MX"}, "es")]
)
def test_a_language_need_not_be_told_and_its_region_is_dropped(program, given, kept):
    assert program.post("/api/posts", json={"body": "Hello", **given}).json["language"] == kept


def test_each_field_is_told_what_is_wrong_with_it(program):
    response = program.put("/api/users/me", json={"username": "a b", "about_me": "x" * 141})

    assert set(response.json["errors"]) == {"username", "about_me"}
    assert response.status_code == 422


def test_what_is_not_announced_as_json_is_refused(program):
    assert program.post("/api/posts", data={"body": "x"}).status_code == 415


def test_more_than_the_site_takes_is_a_problem(program):
    response = program.post("/api/posts", data=b"x" * 70_000, content_type="application/json")

    assert response.status_code == 413


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "max_id=x", "since_id=-1", "max_id=" + "9" * 20]
)
def test_a_bad_query_is_a_problem(program, query):
    assert program.get(f"/api/posts?{query}").status_code == 400


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(program):
    response = program.delete("/api/posts")

    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/api/nothing", "/api/posts/1/2/3"])
def test_a_wrong_address_is_a_problem(program, path):
    response = program.get(path)

    assert response.status_code == 404
    assert response.json == {"title": "Not Found", "status": 404, "detail": response.json["detail"]}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "said"),
    [
        ("GET", "/api/nothing", {}, 404, "nothing at this address"),
        ("DELETE", "/api/posts", {}, 405, "the header Allow names"),
        (
            "POST",
            "/api/posts",
            {"data": b"{", "content_type": "application/json"},
            400,
            "cannot be understood",
        ),
        ("POST", "/api/posts", {"data": b"x" * 70_000}, 413, "more than the site takes"),
        ("POST", "/api/posts", {"headers": {"Origin": "https://evil.com"}}, 403, "You may not"),
        ("GET", FILE, {"headers": {"Range": "bytes=99999-"}}, 416, "the header Content-Range"),
    ],
)
def test_a_program_is_told_what_is_wrong_in_words_for_programs(
    program, susan, method, path, sent, status, said
):
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    headers = {"Authorization": f"Bearer {program.token}", **sent.get("headers", {})}

    response = program.client.open(path.format(task.id), method=method, **{**sent, "headers": headers})

    assert response.status_code == status
    assert said in response.json["detail"]
    assert not OF_PAGES.search(response.json["detail"])


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 416, 418, 422, 429, 500, 501, 503])
def test_no_error_speaks_to_programs_of_pages(app, susan, status, monkeypatch):
    monkeypatch.setitem(app.view_functions, "api_document.openapi", lambda: abort(status))

    response = app.test_client().get("/api/openapi.json")

    assert response.status_code == status
    assert response.json["detail"]
    assert not OF_PAGES.search(response.json["detail"])


def test_pages_beside_it_still_answer_with_pages(client, susan):
    assert client.get("/apiary").mimetype == "text/html"


def test_what_is_given_is_taken_back(program):
    post = program.post("/api/posts", json={"body": "Hello"}).json
    me = program.get("/api/users/me").json

    assert program.post("/api/posts", json={**post, "language": None}).status_code == 201
    assert program.put("/api/users/me", json={**me, "about_me": None}).status_code == 200

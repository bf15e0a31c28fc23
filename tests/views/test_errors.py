"""Every error page, seen through the front door."""

from contextlib import contextmanager

import pytest
from flask import abort
from peewee import SqliteDatabase

from microblog.base import database
from microblog.base.database import db
from microblog.models import Message, Post, Session, Token

HOME = 'href="/"'


@pytest.fixture
def fails(app, monkeypatch):
    """A function that lets the view of an endpoint call *function* instead."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    return lambda endpoint, function: monkeypatch.setitem(app.view_functions, endpoint, function)


def bug():
    return 1 / 0


@contextmanager
def locked():
    """Another connection holds the write lock for the block."""
    db.execute_sql("PRAGMA busy_timeout = 20")
    other = SqliteDatabase(db.database)
    other.execute_sql("BEGIN IMMEDIATE")
    yield
    other.close()


@pytest.fixture
def gone(app, tmp_path):
    """A database that cannot even be opened."""
    path = tmp_path
    db.close_all()
    database.init(path / "no such folder")
    yield
    db.close_all()
    database.init(path)
    db.connect()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 501, 503])
def test_each_error_has_a_page_with_a_way_on(fails, client, susan, code):
    fails("posts.explore", lambda: abort(code))

    response = client.get("/explore")

    assert response.status_code == code
    assert response.mimetype == "text/html"
    assert f">{code}<" in response.text
    assert HOME in response.text
    assert "<h1>" in response.text


@pytest.mark.parametrize(
    ("method", "path", "code"), [("get", "/nowhere", 404), ("post", "/explore", 405), ("put", "/", 405)]
)
def test_programs_get_json(browser, method, path, code):
    response = getattr(browser, method)(path, headers={"Accept": "application/json"})

    assert response.status_code == code
    assert response.json["error"]


def test_notifications_answer_in_json_whatever_is_asked_for(client, susan):
    response = client.get("/notifications", headers={"Accept": "text/html"})

    assert response.status_code == 401
    assert response.json == {"error": "You are not signed in, or not any more. Sign in and try again."}


def test_browsers_get_a_page(client, susan):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert client.get("/nowhere", headers={"Accept": accept}).mimetype == "text/html"
    assert client.get("/nowhere", headers={"Accept": "*/*"}).mimetype == "text/html"


def test_a_wrong_method_is_told_the_right_ones(browser):
    assert "POST" in browser.get("/auth/logout").headers["Allow"]


@pytest.mark.asvs("5.2.1")
def test_a_form_that_is_too_large_is_refused_in_words(browser):
    response = browser.post_form("/", post="x" * 70_000)

    assert response.status_code == 413
    assert "Too large" in response.text


def test_a_broken_form_is_no_bug(browser):
    response = browser.post("/", data=b"--x\r\nbroken", content_type="multipart/form-data; boundary=x")

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 422), ("/send_message/john", 422), ("/edit_profile", 422), ("/messages/john/read", 400)],
)
@pytest.mark.parametrize("body", [[1, 2], {"post": 5}, "text", None])
def test_json_where_a_form_is_expected_is_no_bug(browser, john, path, status, body):
    response = browser.post(path, json=body, headers={"X-CSRFToken": browser.csrf_token})

    assert response.status_code == status


def test_what_needs_no_database_is_answered_without_one(client, gone):
    for path in ("/livez", "/robots.txt", "/static/x/icon.svg"):
        assert client.get(path, buffered=True).status_code == 200, path
    assert client.get("/static/x/nothing.css").status_code == 404
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["database"]) == (503, False)


def test_a_host_that_is_not_ours_is_refused(client):
    response = client.get("/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert "evil.example" not in response.text


def test_a_bug_gives_a_page_that_tells_nothing_of_it(fails, browser, logged_errors):
    fails("posts.explore", bug)

    response = browser.get("/explore")

    assert response.status_code == 500
    assert "Something broke" in response.text
    assert "division" not in response.text
    assert HOME in response.text
    assert logged_errors.pop()


def test_a_bug_keeps_what_was_typed(fails, browser, logged_errors):
    fails("posts.create", bug)

    response = browser.post_form("/", post="precious <words>", password="secret horse")

    assert "precious &lt;words&gt;</textarea>" in response.text
    assert "secret horse" not in response.text
    assert logged_errors.pop()


@pytest.mark.parametrize("token", [None, "expired"])
def test_a_registration_with_a_dead_token_keeps_all_but_the_passwords(client, susan, token):
    fields = {"username": "newbie", "email": "new@example.org", "password": "long enough"}

    response = client.post("/auth/register", data={**fields, "password2": "long enough", "csrf_token": token})

    assert response.status_code == 400
    assert ">newbie</textarea>" in response.text
    assert ">new@example.org</textarea>" in response.text
    assert "long enough" not in response.text


def test_what_was_deleted_in_that_very_moment_is_a_conflict_and_keeps_what_was_typed(
    fails, browser, susan, john
):
    def overtaken():
        john.delete_instance()
        Message.send(susan, john, "hello")

    fails("posts.create", overtaken)

    response = browser.post_form("/", message="hello")

    assert response.status_code == 409
    assert "hello</textarea>" in response.text


def test_a_mistake_in_a_statement_is_a_bug_and_no_outage(fails, browser, logged_errors):
    fails("posts.explore", lambda: db.execute_sql("SELCT 1"))

    assert browser.get("/explore").status_code == 500
    assert "syntax error" in logged_errors.pop()


def test_a_busy_database_gives_503_and_keeps_what_was_typed(browser, logged_errors):
    with locked():
        response = browser.post_form("/", post="precious words")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "The server is busy" in response.text
    assert "precious words</textarea>" in response.text
    assert Post.select().count() == 0
    assert logged_errors.pop()


def test_a_busy_database_keeps_nobody_from_reading(browser, susan, later):
    seen_at = Session.get().seen_at
    later(minutes=2)

    with locked():
        response = browser.get("/explore")

    assert response.status_code == 200
    assert Session.get().seen_at == seen_at
    assert db.execute_sql("PRAGMA busy_timeout").fetchone() == (database.BUSY_TIMEOUT_MS,)


def test_a_busy_database_keeps_no_program_from_reading(client, susan):
    _token, secret = Token.issue(susan, "a program")
    with locked():
        response = client.get("/api/posts", headers={"Authorization": f"Bearer {secret}"})

    assert response.status_code == 200
    assert Token.get().used_at is None


@pytest.mark.parametrize("path", ["/", "/explore", "/notifications", "/tasks", "/nowhere"])
def test_a_database_that_is_gone_gives_503_everywhere(browser, gone, path, logged_errors):
    response = browser.get(path)

    assert response.status_code == 503
    assert response.headers["Content-Security-Policy"]
    assert logged_errors.pop()


def test_error_pages_have_the_headers_of_all_pages(client, susan):
    assert client.get("/nowhere").headers["Content-Security-Policy"]

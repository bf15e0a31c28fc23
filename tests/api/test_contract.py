"""Every operation of the document is called; the program checks the responses against the document."""

from contextlib import closing

import pytest

from microblog.base import clock
from microblog.exports import export_posts
from microblog.imports import import_row, requests
from microblog.imports.import_row import Import
from microblog.models import Like, Message, NewsItem, Token, User
from microblog.tasks.task import Task
from tests import import_files as files
from tests.api.conftest import Program
from tests.apps import Snapshot
from tests.attacks.test_routes import check_all, rows
from tests.conftest import PASSWORD

REQUESTS = {
    ("get", "/api/tokens"): (None, 200),
    ("post", "/api/tokens"): ({"name": "mine"}, 201),
    ("delete", "/api/tokens"): (None, 204),
    ("delete", "/api/tokens/{token_id}"): (None, 204),
    ("get", "/api/users"): (None, 200),
    ("get", "/api/people"): (None, 200),
    ("get", "/api/users/{user}"): (None, 200),
    ("put", "/api/users/me"): ({"username": "susan2", "about_me": "Hello"}, 200),
    ("get", "/api/users/{user}/followers"): (None, 200),
    ("get", "/api/users/{user}/following"): (None, 200),
    ("put", "/api/users/me/following/{user}"): (None, 204),
    ("delete", "/api/users/me/following/{user}"): (None, 204),
    ("get", "/api/users/{user}/posts"): (None, 200),
    ("get", "/api/posts"): (None, 200),
    ("get", "/api/timeline"): (None, 200),
    ("post", "/api/posts"): ({"body": "Hello", "language": "en"}, 201),
    ("get", "/api/posts/{post_id}"): (None, 200),
    ("delete", "/api/posts/{post_id}"): (None, 204),
    ("put", "/api/posts/{post_id}/like"): (None, 204),
    ("delete", "/api/posts/{post_id}/like"): (None, 204),
    ("get", "/api/news"): (None, 200),
    ("put", "/api/news/{news_id}/read"): (None, 204),
    ("get", "/api/messages"): (None, 200),
    ("get", "/api/messages/sent"): (None, 200),
    ("get", "/api/threads"): (None, 200),
    ("get", "/api/users/{user}/messages"): (None, 200),
    ("delete", "/api/users/{user}/messages"): (None, 204),
    ("post", "/api/messages"): ({"recipient": "john", "body": "Hello"}, 201),
    ("put", "/api/messages/{message_id}/read"): (None, 204),
    ("get", "/api/notifications"): (None, 200),
    ("post", "/api/imports"): ({"posts": []}, 202),
    ("get", "/api/imports/{import_id}"): (None, 200),
    ("post", "/api/imports/{import_id}/cancel"): (None, 200),
    ("post", "/api/imports/{import_id}/confirm"): ({"reply": True}, 202),
    ("post", "/api/imports/{import_id}/undo"): (None, 202),
    ("get", "/api/tags/{word}"): (None, 200),
    ("get", "/api/tasks"): (None, 200),
    ("get", "/api/tasks/{task_id}"): (None, 200),
    ("post", "/api/tasks/{task_id}/cancel"): (None, 200),
    ("post", "/api/tasks/{task_id}/retry"): (None, 202),
    ("get", "/api/admin/tasks"): (None, 200),
    ("get", "/api/admin/tasks/{task_id}"): (None, 200),
    ("post", "/api/admin/tasks/{task_id}/cancel"): (None, 200),
    ("post", "/api/admin/tasks/{task_id}/retry"): (None, 202),
    ("get", "/api/admin/work"): (None, 200),
    ("put", "/api/admin/work/hold"): (None, 204),
    ("delete", "/api/admin/work/hold"): (None, 204),
    ("post", "/api/admin/work/failures/retry"): ({"name": "export_posts", "error": "broken"}, 200),
    ("post", "/api/admin/work/failures/discard"): ({"name": "export_posts", "error": "broken"}, 200),
    ("get", "/api/admin/figures"): (None, 200),
    ("get", "/api/admin/nightly"): (None, 200),
    ("post", "/api/admin/nightly"): (None, 202),
    ("post", "/api/exports"): ({"messages": False}, 202),
    ("get", "/api/exports/{task_id}"): (None, 200),
    ("post", "/api/exports/{task_id}/cancel"): (None, 200),
    ("get", "/api/exports/{task_id}/file"): (None, 200),
    ("get", "/api/exports/{task_id}/archive"): (None, 200),
    ("delete", "/api/exports/{task_id}/file"): (None, 204),
}
IDS = ("token_id", "post_id", "message_id", "news_id", "task_id", "import_id")
NEW_TOKEN = ("post", "/api/tokens")
WITH_IDS = [key for key in REQUESTS if "{" in key[1]]


@pytest.fixture
def ids(susan, john, write_posts):
    """The value of each path parameter."""
    [post] = write_posts(susan, "first #tea, @john")
    [others] = write_posts(john, "john's")
    message = Message.send(john, susan, "Hello")
    Like.add(john, post)
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    token, _secret = Token.issue(susan, "another")
    susan.follow(john)
    looked_at = looked_at_file(susan)
    rows = {
        "token_id": token,
        "post_id": post,
        "message_id": message,
        "news_id": NewsItem.get(NewsItem.user == susan),
        "others_post_id": others,
        "task_id": task,
        "import_id": looked_at,
    }
    return {"user": "john", "word": "tea", **{name: row.id for name, row in rows.items()}}


@pytest.fixture
def walk(program, ids, susan):
    """
    A function that calls *check* with each of some operations, on a site as it was before the first.

    Where what is asked for is there for nobody else, susan runs the site.
    """

    def walk(check, operations=REQUESTS):
        assert operations
        with closing(Snapshot()) as site:
            check_all(site, operations, lambda *operation: run_by_susan(operation) or check(*operation))

    def run_by_susan(operation):
        User.update(is_admin=operation[1].startswith("/api/admin")).where(User.id == susan.id).execute()

    return walk


def looked_at_file(user):
    """The import of a file with a post, which waits for its user's word."""
    import_row.folder().mkdir()
    path = import_row.folder() / "a.part"
    path.write_bytes(files.as_bytes(files.POSTS_OLD))
    return requests.look(user, "posts.json", path)


def cancelled(task_id):
    """The id of another export of the same user, which was cancelled."""
    user = Task.get_by_id(task_id).user
    ended = {"state": "cancelled", "finished_at": clock.now()}
    return Task.create(name=export_posts.name, description="Exporting posts...", user=user, **ended).id


def test_every_operation_is_tried_here(contract):
    described = {(method, path) for path, methods in contract["paths"].items() for method in methods}

    assert described == set(REQUESTS)


def test_an_operation_answers_as_the_document_says(program, ids, walk):
    walk(lambda *operation: check_answer(program, ids, operation, REQUESTS[operation][0]))


def test_null_is_what_is_not_set(program, ids, walk):
    """In every field that may be missing."""

    def check(method, path):
        body, _status = REQUESTS[method, path]
        check_answer(program, ids, (method, path), {**optional(method, path), **body})

    def optional(method, path):
        content = program.contract["paths"][path][method].get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        return dict.fromkeys(schema.get("properties", {}).keys() - set(schema.get("required", ())))

    asked = [operation for operation in REQUESTS if optional(*operation)]
    assert len(asked) > 3
    walk(check, asked)


def check_answer(program, ids, operation, body):
    """Ask for *operation* with *body*, and compare the status with what the table says."""
    method, path = operation
    filled, options = dict(ids), {}
    if path.endswith("/like"):
        filled["post_id"] = ids["others_post_id"]
    if path.endswith("/retry"):
        filled["task_id"] = cancelled(ids["task_id"])
    if path.endswith("/undo"):
        requests.confirm(Import.get_by_id(ids["import_id"]), {})
    if operation == NEW_TOKEN:
        options = {"auth": ("susan", PASSWORD)}
    asking = Program(program.client, program.contract, None if options else program.token)

    response = asking.ask(method, path.format(**filled), json=body, **options)

    assert response.status_code == REQUESTS[operation][1]


def test_no_operation_answers_without_a_token(program_of, ids, walk):
    def check(method, path):
        response = program_of(None).ask(method, path.format(**ids))

        assert response.status_code == 401
        wanted = "Basic" if (method, path) == NEW_TOKEN else "Bearer"
        assert response.headers["WWW-Authenticate"].startswith(wanted)

    walk(check)


def test_a_cookie_signs_nobody_in(browser, ids, walk):
    def check(method, path):
        assert browser.open(path.format(**ids), method=method).status_code == 401

    walk(check)


def test_what_is_not_there_is_a_problem(program, walk):
    nothing = {"user": "nobody_here", "word": "1", "task_id": "11111111-1111-1111-1111-111111111111"}
    ids = dict.fromkeys(["token_id", "post_id", "message_id", "news_id", "import_id"], "99999") | nothing

    def check(method, path):
        assert program.ask(method, path.format(**ids)).status_code == 404

    walk(check, WITH_IDS)


def test_no_id_breaks_anything(program, walk):
    def check(method, path):
        for text in ("0", "-1", "x", "9" * 19, "9" * 400, "%00", "%ED%A0%80", "٣", "1.5", "☃"):
            ids = dict.fromkeys([*IDS, "user"], text)
            ids["word"] = text.replace("x", "_")

            assert program.ask(method, path.format(**ids)).status_code == 404, text

    walk(check, WITH_IDS)


def test_somebody_elses_task_looks_as_if_there_were_none(program_of, john, ids, walk):
    johns = program_of(john)

    def check(method, path):
        assert johns.ask(method, path.format(**ids)).status_code == 404

    walk(check, [key for key in REQUESTS if "{task_id}" in key[1]])


def test_what_is_for_administrators_is_not_there_for_others_and_their_tries_are_noted(
    program_of, john, ids, settings, walk
):
    johns, log = program_of(john), settings.data_dir / "log" / "security.log"

    def check(method, path):
        body, _status = REQUESTS[method, path]
        before, noted = rows(), len(log.read_text())

        assert johns.ask(method, path.format(**ids), json=body).status_code == 404

        assert rows() == before
        assert "access-refused user=john" in log.read_text()[noted:]

    walk(check, [key for key in REQUESTS if "/admin" in key[1]])


def test_a_token_that_can_only_read_asks_for_everything_and_changes_nothing(program, ids, susan, walk):
    _token, program.token = Token.issue(susan, "a reader", read_only=True)

    def check(method, path):
        body, status = REQUESTS[method, path]
        before = rows()

        response = program.ask(method, path.format(**ids), json=body)

        assert response.status_code == (status if method == "get" else 403)
        if method != "get":
            assert response.json["detail"] == "This token can only read."
            assert rows() == before

    walk(check, [key for key in REQUESTS if key != NEW_TOKEN])

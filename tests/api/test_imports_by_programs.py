"""Posts are brought here by a program."""

import io

import pytest

from microblog.base import clock
from microblog.imports import import_row
from microblog.imports.import_row import Import
from microblog.models import Post
from tests import import_files as files

FILE = files.packed(files.MASTODON)


def test_a_program_brings_posts_and_undoes_it(program, susan):
    sent = program.ask("POST", "/api/imports", data=FILE, content_type="application/octet-stream")
    place = sent.headers["Location"]
    preview = program.ask("GET", place).json
    assert (preview["state"], preview["counts"]["new"], preview["task"]["state"]) == (
        "preview",
        4,
        "succeeded",
    )

    choices = {"reply": True, "profile": True, "follow": ["john"], "last": "2024-09-04"}
    assert program.ask("POST", f"{place}/confirm", json=choices).status_code == 202
    assert program.ask("GET", place).json["result"] == {"posts": 4, "here": 0}
    assert program.ask("POST", f"{place}/undo").status_code == 202
    assert (program.ask("GET", place).json["state"], Post.select().count()) == ("undone", 0)


def test_a_file_may_come_in_a_form_of_parts(program):
    sent = program.ask("POST", "/api/imports", data={"file": (io.BytesIO(FILE), "mine.zip")})

    assert (sent.status_code, sent.json["name"]) == (202, "mine.zip")
    assert program.ask("POST", f"/api/imports/{sent.json['id']}/cancel").json["state"] == "cancelled"


@pytest.mark.parametrize(
    "wrong",
    [
        {"reply": "yes"},
        {"follow": "john"},
        {"follow": [1]},
        {"first": "tomorrow"},
        {"first": 5},
        {"last": ["x"]},
    ],
)
def test_choices_that_are_none_are_problems(program, wrong):
    sent = program.ask("POST", "/api/imports", data=FILE)

    assert program.ask("POST", f"/api/imports/{sent.json['id']}/confirm", json=wrong).status_code == 422


def test_what_a_command_brings_is_not_cancelled_by_a_program(program, susan):
    row = Import.create(user=susan, name="outbox.zip", confirmed_at=clock.now())

    assert program.ask("POST", f"/api/imports/{row.id}/cancel").status_code == 409


def test_what_cannot_be_done_is_a_problem(program, app, monkeypatch):
    place = program.ask("POST", "/api/imports", data=b"hello").headers["Location"]
    assert program.ask("GET", place).json["state"] == "failed"
    assert program.ask("POST", f"{place}/confirm").status_code == 409
    assert program.ask("POST", f"{place}/undo").status_code == 409
    assert program.ask("POST", "/api/imports", data=b"").status_code == 400
    assert program.ask("POST", "/api/imports", data={"x": (io.BytesIO(b"a"), "n")}).status_code == 400
    monkeypatch.setitem(app.config, "IMPORT_MAX_BYTES", 10)
    monkeypatch.setattr("microblog.web.uploads.OTHER_BYTES", 0)
    assert program.ask("POST", "/api/imports", data=b"x" * 11).status_code == 413
    assert {path.suffix for path in import_row.folder().iterdir()} <= {".upload"}


def test_a_program_has_the_quota_of_its_user(program, app, monkeypatch):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    for _ in range(2):
        program.ask("POST", "/api/imports", data=FILE)
    assert program.ask("POST", "/api/imports", data=FILE).status_code == 409

    for number in (1, 2):
        program.ask("POST", f"/api/imports/{number}/confirm")
    for number in (3, 4, 5):
        program.ask("POST", "/api/imports", data=FILE)
        program.ask("POST", f"/api/imports/{number}/confirm")
    refused = program.ask("POST", "/api/imports", data=FILE)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 3600

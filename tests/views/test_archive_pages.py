"""The page that checks an archive, and archives with private messages, which ask for the password."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from microblog import exports
from microblog.base import clock
from microblog.exports.archive import write_zip
from microblog.exports.archive.site import Site
from microblog.models import Message, Session, Token
from microblog.models.session import CONFIRMED_FOR
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from microblog.views import archives
from tests.conftest import PASSWORD


@pytest.fixture
def data(app, susan, write_posts, tmp_path):
    """The bytes of susan's archive."""
    write_posts(susan, "first")
    with app.test_request_context():
        write_zip(exports.source_of(susan), tmp_path / "x.zip")
    return (tmp_path / "x.zip").read_bytes()


@pytest.fixture
def check(browser):
    """A function that sends a file to the page."""
    return lambda data: browser.post_form("/archives", file=(io.BytesIO(data), "x.zip"))


def test_an_archive_of_this_site_is_whole(check, data):
    page = check(data)

    assert page.status_code == 200
    assert "The archive is whole" in page.text
    assert "This site made it" in page.text


def test_one_of_another_site_is_whole_as_well(check, app, susan, tmp_path):
    with app.test_request_context():
        source = exports.source_of(susan)
    write_zip(source._replace(site=Site("https://other.example", ("its key",))), tmp_path / "x.zip")

    page = check((tmp_path / "x.zip").read_bytes())

    assert "The archive is whole" in page.text
    assert "who made it cannot be told" in page.text


@pytest.mark.parametrize(
    ("spoil", "answer"),
    [
        (lambda data: data[:-1], "The ZIP file is damaged or cut off."),
        (lambda _data: b"GIF89a", "This is no ZIP file."),
        (lambda data: data.replace(b"avatar.svg", b"<b>.svg.js"), "does not belong in an archive."),
    ],
)
def test_each_fault_is_told(check, data, spoil, answer):
    page = check(spoil(data))

    assert page.status_code == 200
    assert answer in page.text
    assert "<b>.svg" not in page.text
    assert "The archive is whole" not in page.text


def test_what_would_become_too_large_is_not_read_to_its_end(check, data, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)

    assert "There is too much in it." in check(data).text


def test_of_many_faults_the_first_are_shown(check, data, monkeypatch):
    monkeypatch.setattr(archives, "SHOWN_FAULTS", 2)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("data/about.json", json.dumps({"format": 1, "posts": 0}))

    page = check(file.getvalue()).text

    assert page.count(" is missing.") == 2
    assert "… and more" in page


def test_no_file_is_no_archive(browser):
    page = browser.post_form("/archives", follow_redirects=True)

    assert "Choose a file first." in page.text


def test_faults_are_told_in_the_readers_language(browser, data):
    browser.set_cookie("language", "es")
    response = browser.post_form(
        "/archives", file=(io.BytesIO(data[:-1]), "x.zip"), headers={"Accept-Language": "es"}
    )

    assert "está dañado o cortado" in response.text


def let_password_be(given):
    Session.update(password_confirmed_at=given and clock.now() - given).execute()


@pytest.mark.parametrize("given", [None, CONFIRMED_FOR + timedelta(seconds=1)])
def test_messages_are_exported_after_the_password_only(browser, susan, john, given):
    Message.send(john, susan, "secret")
    let_password_be(given)

    asked = browser.post_form("/export_posts", messages="y")

    assert asked.status_code == 401
    assert Task.select().count() == 0
    assert 'name="messages" value="y"' in asked.text
    browser.post_form("/export_posts", messages="y", current_password=PASSWORD)
    task = Task.get()
    assert (task.state, exports.has_messages(task)) == (SUCCEEDED, True)
    archive = browser.get(f"/tasks/{task.id}/archive", buffered=True)
    with zipfile.ZipFile(io.BytesIO(archive.data)) as file:
        assert b"secret" in file.read("record/messages.json")
    let_password_be(given)
    again = browser.get(f"/tasks/{task.id}/archive")
    assert again.location.startswith(f"/account/confirm?next=/tasks/{task.id}/archive")


def test_without_messages_nobody_asks(browser, susan):
    let_password_be(None)
    browser.post_form("/export_posts")
    task = Task.get()

    archive = browser.get(f"/tasks/{task.id}/archive", buffered=True)

    assert (archive.status_code, archive.mimetype) == (200, "application/zip")
    today = f"{clock.now():%Y-%m-%d}"
    assert archive.headers["Content-Disposition"] == f"attachment; filename=microblog-susan-{today}.zip"
    with zipfile.ZipFile(io.BytesIO(archive.data)) as file:
        assert "record/messages.json" not in file.namelist()


def test_the_card_says_that_all_can_be_read_back(browser, susan, write_posts):
    write_posts(susan, "first", "second")
    browser.post_form("/export_posts")

    page = browser.get("/tasks").text

    assert f'/tasks/{Task.get().id}/archive">Archive (' in page
    assert "</a>, checked (until" in page


def test_an_export_of_before_there_were_archives_offers_none(browser, susan):
    browser.post_form("/export_posts")
    task = Task.get()
    old = {name: task.result[name] for name in ("posts", "size_bytes")}
    task.delete_instance()
    row = {**task.__data__, "state": "queued", "finished_at": None, "result": old, "progress": 0}
    Task.create(**row)
    Task.update(state="running").execute()
    Task.update(state=SUCCEEDED, finished_at=clock.now(), progress=100).execute()
    task.file.with_suffix(".zip").unlink()

    assert "/archive" not in browser.get("/tasks").text.replace("/archives", "")
    assert browser.get(f"/tasks/{task.id}/archive").status_code == 404
    assert browser.get(f"/tasks/{task.id}/download", buffered=True).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 202),
        ({"messages": False}, 202),
        ({"messages": True, "password": PASSWORD}, 202),
        ({"messages": True}, 422),
        ({"messages": True, "password": "wrong"}, 422),
        ({"messages": "yes"}, 422),
    ],
)
def test_a_program_needs_the_password_for_messages(app, susan, body, status):
    _token, secret = Token.issue(susan, "a test")
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}

    answer = client.post("/api/exports", json=body, headers=headers)

    assert answer.status_code == status
    assert Task.select().count() == (status == 202)
    if status == 202:
        with_messages = bool(body.get("messages"))
        file = client.get(f"/api/exports/{Task.get().id}/archive", headers=headers, buffered=True)
        assert file.status_code == (403 if with_messages else 200)

"""The pages on which posts are brought here from a file."""

import io
import os
import re
import time
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.imports import expiry, import_row
from microblog.imports.import_row import BRINGING, BROUGHT, UNDONE, Import
from microblog.models import Post, Token, User
from microblog.security import security_log
from microblog.tasks.task import Task
from tests import import_files as files


def upload(browser, content, name="outbox.zip", **options):
    file = (io.BytesIO(files.as_bytes(content)), name)
    return browser.post("/imports", data={"csrf_token": browser.csrf_token, "file": file}, **options)


@pytest.fixture
def place(browser, susan):
    """The page of an import of susan's that waits for her word."""
    return upload(browser, files.packed(files.MASTODON)).location


def events():
    return [event.text for event in security_log.latest(10)]


def test_a_file_is_looked_at_and_its_preview_shown(browser, susan):
    response = upload(browser, files.packed(files.MASTODON))

    assert (response.status_code, response.location) == (302, "/imports/1")
    page = browser.get(response.location).text
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    for text in (
        "Archive of Mastodon",
        "New 4 · from September 1, 2024 to September 5, 2024",
        "Here already 0",
        "Left out 7",
        "Unreadable 0",
        "1 stays in your archive.",
        "Also 1 answer to somebody else",
        "Also what it says about you: I write",
        "on it goes",
        "outbox.json:6 It was not public.",
    ):
        assert text in told
    assert Post.select().count() == 0
    assert sorted(path.suffix for path in import_row.folder().iterdir()) == [".records", ".upload"]


def test_confirmed_posts_are_here_with_what_was_chosen_until_they_are_undone(browser, susan, place):
    response = browser.post_form(f"{place}/confirm", reply="y", profile="y", last="2024-09-04")

    assert response.location == place
    assert "4 posts are here." in browser.get(place).text
    link = '<a href="https://mastodon.example/@susan/1" rel="nofollow noreferrer">mastodon.example</a>'
    assert f"imported from {link}" in browser.get("/user/susan").text
    assert User.get_by_id(susan.id).about_me == "I write"
    assert Import.get().state == BROUGHT
    browser.post_form(f"{place}/undo")
    assert "Everything that it had brought is gone again." in browser.get(place).text
    assert (Import.get().state, Post.select().count()) == (UNDONE, 0)
    assert {event.split()[0] for event in events()} >= {"import-asked", "import-confirmed", "import-undone"}


@pytest.mark.parametrize("days", [{"first": "tomorrow"}, {"first": "2024-09-02", "last": "2024-09-01"}])
def test_days_that_are_none_are_told_of_and_nothing_is_done(browser, place, days):
    response = browser.post_form(f"{place}/confirm", reply="y", **days)

    assert response.status_code == 422
    assert 'id="reply" name="reply" type="checkbox" value="y"' in response.text
    assert Import.get().confirmed_at is None


def test_days_are_those_of_the_reader(browser, place):
    browser.set_cookie("tz", "Pacific/Kiritimati")
    browser.post_form(f"{place}/confirm", first="2024-09-02", last="2024-09-02")

    # 10:00 in Greenwich is midnight there, of the next day.
    assert [post.body for post in Post.select()] == ["first"]


def test_cancelling_a_preview_deletes_the_file(browser, place):
    browser.post_form(f"{place}/cancel")

    assert "Nothing was kept." in browser.get(place).text
    assert list(import_row.folder().iterdir()) == []
    assert browser.post_form(f"{place}/confirm").status_code == 409


def test_what_a_command_brings_is_not_cancelled_here(browser, susan):
    row = Import.create(user=susan, name="outbox.zip", confirmed_at=clock.now())

    assert browser.post_form(f"/imports/{row.id}/cancel").status_code == 409
    assert Import.get().state == BRINGING


def test_a_file_that_cannot_be_read_says_why(browser, susan):
    place = upload(browser, "hello").location

    assert "This site cannot tell what kind of file this is." in browser.get(place).text


def test_the_report_is_a_table_that_runs_no_formula(browser, susan):
    place = upload(browser, files.packed(files.MASTODON)).location

    response = browser.get(f"{place}/report.csv")

    assert response.mimetype == "text/csv"
    assert response.is_streamed
    assert response.text.splitlines()[:2] == [
        "place,state,reason",
        "outbox.json:3,left out,It answers somebody else.",
    ]
    cells = upload(
        browser, files.packed({"data/tweets.js": files.script("tweets", [{"tweet": {}}])}, "=1+1/")
    )
    assert "\n'=1+1/data/tweets.js:1," in browser.get(f"{cells.location}/report.csv").text


def test_somebody_elses_import_is_not_there(browser, place, john, sign_in):
    other = sign_in(john)
    for method, path in (
        ("get", ""),
        ("get", "/report.csv"),
        ("post_form", "/confirm"),
        ("post_form", "/undo"),
    ):
        assert getattr(other, method)(place + path).status_code == 404


def test_an_administrator_undoes_anybodys(browser, place, office):
    browser.post_form(f"{place}/confirm")
    task = Task.get(name="import_posts")

    assert f"{place}/undo" in office.get("/admin/tasks").text
    response = office.post_form(f"{place}/undo")

    assert response.location == "/admin/tasks"
    assert (Import.get().state, Post.select().count()) == (UNDONE, 0)
    assert "import-undone user=susan id=1 by=mary" in "\n".join(events())
    assert task.complete


def test_no_file_is_said_so(browser, susan):
    page = browser.post_form("/imports", follow_redirects=True)

    assert "Choose a file first." in page.text


def test_a_stranger_is_led_to_sign_in_before_anything_is_written(client, app):
    response = upload(client, "x" * 200_000)

    assert response.location.startswith("/auth/login")
    assert not import_row.folder().exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(browser, app, monkeypatch):
    monkeypatch.setitem(app.config, "IMPORT_MAX_BYTES", 1000)

    class Unread(io.BytesIO):
        def read(self, *_size):
            raise AssertionError("it is read")

    large = {"CONTENT_LENGTH": "100000", "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    response = browser.post("/imports", input_stream=Unread(), environ_overrides=large)

    assert response.status_code == 413
    assert "A file may have 1 kB at most." in re.sub("[\xa0\u202f]", " ", response.text)


def test_a_form_without_its_token_leaves_no_file(browser, app):
    response = browser.post("/imports", data={"file": (io.BytesIO(b"x" * 200_000), "x")})

    assert response.status_code == 400
    assert list(import_row.folder().iterdir()) == []


def test_whoever_has_two_files_waiting_is_told_so_before_a_third_is_read(browser, app, monkeypatch, susan):
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    for _ in range(2):
        upload(browser, files.OUTBOX)

    page = upload(browser, files.OUTBOX, follow_redirects=True)

    assert "Two of your files wait already." in page.text
    assert Import.select().count() == 2


def test_a_second_file_while_one_is_looked_at_is_refused(browser, nobody_works, susan):
    upload(browser, files.OUTBOX)

    page = upload(browser, files.OUTBOX, follow_redirects=True)

    assert "Another file of yours is being looked at." in page.text
    assert Import.select().count() == 1
    assert [path.name for path in import_row.folder().glob("*")] == ["1.upload"]


def test_what_a_kill_has_left_under_the_next_id_does_not_stop_an_import(browser, nobody_works, susan):
    import_row.folder().mkdir(parents=True, exist_ok=True)
    (import_row.folder() / "1.upload").write_bytes(b"of nobody")

    assert upload(browser, files.OUTBOX).location == "/imports/1"

    assert Import.get().file.read_bytes() == files.as_bytes(files.OUTBOX)


def test_cards_lead_to_the_preview_and_to_what_was_brought(browser, place):
    assert f'href="{place}"' in browser.get("/tasks").text
    browser.post_form(f"{place}/confirm")

    page = browser.get("/tasks").text
    assert "Your import is done" in page
    assert "Your file was looked at" not in page
    browser.post_form(f"{place}/undo")

    page = browser.get("/tasks").text
    assert "The posts are removed" in page
    assert "Your import is done" not in page
    assert "See or undo" not in page


def test_no_card_offers_a_preview_that_was_cancelled(browser, place):
    browser.post_form(f"{place}/cancel")

    assert "Your file was looked at" not in browser.get("/tasks").text


AGAIN = {
    "on the page": ("browser", "/tasks/{}/retry"),
    "by the administrator": ("office", "/admin/tasks/{}/retry"),
    "by a program": ("program", "/api/tasks/{}/retry"),
}


@pytest.mark.parametrize("way", AGAIN)
def test_what_cannot_be_read_is_not_to_be_tried_again(browser, susan, request, way):
    upload(browser, "<!doctype html><p>hello")
    task = Task.get()
    door, address = AGAIN[way]
    pages = {
        "browser": ("/tasks", f"/tasks/{task.id}"),
        "office": ("/admin/tasks", f"/admin/tasks/{task.id}"),
    }

    visitor = request.getfixturevalue(door) if door != "program" else None
    if visitor:
        for page in pages[door]:
            assert f"/{task.id}/retry" not in visitor.get(page).text
        refused = visitor.post_form(address.format(task.id))
    else:
        _token, secret = Token.issue(susan, "a program")
        headers = {"Authorization": f"Bearer {secret}"}
        refused = browser.application.test_client().post(address.format(task.id), headers=headers)

    assert refused.status_code == 409
    assert Task.select().count() == 1
    card = browser.get("/tasks").text
    assert "This is a web page." in card
    assert ">Choose a file</a>" in card


def test_a_file_with_nothing_new_says_so_and_offers_nothing(browser, susan):
    for _ in range(2):
        place = upload(browser, files.POSTS_OLD).location
        page = browser.get(place).text
        browser.post_form(f"{place}/confirm")

    assert "There is nothing new in it." in page
    assert "The first posts" not in page
    assert "Bring these posts here" not in page
    assert " · from " not in page
    assert "No post was new." in browser.get(place).text


def test_all_of_a_preview_is_drawn_again_once_the_file_was_looked_at(browser, place):
    drawn = browser.get(place).text.partition("data-redrawn")[2].partition("</main>")[0]

    for text in ("on it goes", "outbox.json:6", "Bring these posts here"):
        assert text in drawn


def test_the_page_of_ones_data_leads_to_the_import(browser):
    assert 'href="/imports"' in browser.get("/tasks").text


def test_files_go_after_a_day(browser, place):
    folder = import_row.folder()
    for name, hours in (("99.upload", 1), ("98.upload", 3)):
        (folder / name).write_text("of nobody")
        let_be_old(folder / name, hours)

    expiry.remove_files()
    assert sorted(path.suffix for path in folder.iterdir()) == [".records", ".upload", ".upload"]

    for path in folder.iterdir():
        let_be_old(path, 25)
    expiry.remove_files()
    assert list(folder.iterdir()) == []
    assert "The file is not here any more." in browser.get(place).text
    assert browser.post_form(f"{place}/confirm").status_code == 409


def let_be_old(path, hours):
    then = time.time() - timedelta(hours=hours).total_seconds()
    os.utime(path, (then, then))

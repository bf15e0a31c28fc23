import re
import uuid
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.exports import export_posts
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.mail.smtp import ADDRESS_REFUSED, UNREACHABLE
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.worker import OUT_OF_SPACE
from tests.rows import put

POSTS = ("cancel", "retry", "dismiss", "delete")
ENDED = {"finished_at": clock.now()}
OFFERED = {"file_expires_at": clock.now() + timedelta(days=7), "result": {"posts": 3, "size_bytes": 99}}


@pytest.fixture
def johns_browser(john, sign_in):
    return sign_in(john)


@pytest.fixture
def queued(susan, nobody_works):
    return Task.launch(export_posts, susan, "Exporting posts...", by="a test")


@pytest.fixture
def ready(susan, write_posts):
    write_posts(susan, "first")
    return Task.get_by_id(Task.launch(export_posts, susan, "Exporting posts...", by="a test").id)


def state_of(task):
    return Task.get_by_id(task.id).state


def text_of(html):
    """What a reader sees, with single spaces."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", html))


def test_the_owner_downloads_the_file(browser, ready):
    response = browser.get(f"/tasks/{ready.id}/download", buffered=True)

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Content-Disposition"] == "attachment; filename=posts.json"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.json["posts"][0]["body"] == "first"


def test_a_download_can_be_resumed_and_revalidated(browser, ready):
    path = f"/tasks/{ready.id}/download"
    whole = browser.get(path, buffered=True)

    part = browser.get(path, headers={"Range": "bytes=2-6"}, buffered=True)
    same = browser.get(path, headers={"If-None-Match": whole.headers["ETag"]}, buffered=True)

    assert (part.status_code, part.data) == (206, whole.data[2:7])
    assert (same.status_code, same.data) == (304, b"")


@pytest.mark.parametrize("path", ["download", "card"])
def test_john_gets_nothing_of_susans(johns_browser, client, ready, path):
    assert johns_browser.get(f"/tasks/{ready.id}/{path}").status_code == 404
    assert client.get(f"/tasks/{ready.id}/{path}").status_code == 302


@pytest.mark.parametrize("act", POSTS)
def test_john_changes_nothing_of_susans(johns_browser, client, ready, act):
    before = Task.select().where(Task.id == ready.id).dicts().get()

    assert johns_browser.post_form(f"/tasks/{ready.id}/{act}").status_code == 404
    assert client.post_form(f"/tasks/{ready.id}/{act}").status_code == 302
    assert Task.select().where(Task.id == ready.id).dicts().get() == before
    assert Task.select().count() == 1


@pytest.mark.parametrize("act", POSTS)
def test_a_get_changes_nothing(browser, ready, act):
    assert browser.get(f"/tasks/{ready.id}/{act}").status_code == 405
    assert ready.file.exists()


@pytest.mark.parametrize("act", [*POSTS, "card", "download"])
def test_what_does_not_exist_is_not_found(browser, act):
    ask = browser.post_form if act in POSTS else browser.get

    assert ask(f"/tasks/{uuid.uuid4()}/{act}").status_code == 404
    assert ask(f"/tasks/not-an-id/{act}").status_code == 404


def test_your_data_lists_ones_own_tasks_only(browser, johns_browser, ready):
    assert ready.id.encode() in browser.get("/tasks").data
    assert ready.id.encode() not in johns_browser.get("/tasks").data


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Waiting"),
        ({"state": RUNNING, "consumer_id": "w"}, "Exporting"),
        ({"state": RUNNING, "consumer_id": "w", "cancel_requested": True}, "Cancelling…"),
        ({**ENDED, "state": SUCCEEDED, "progress": 100}, "Done"),
        ({**ENDED, **OFFERED, "state": SUCCEEDED, "progress": 100}, "Ready · 3 posts"),
        ({**ENDED, "state": FAILED, "error": OUT_OF_SPACE}, f"Failed · {OUT_OF_SPACE} Reference"),
        ({**ENDED, "state": CANCELLED}, "Cancelled"),
    ],
)
def test_your_data_says_what_the_row_says(browser, queued, values, words):
    put(queued, started_at=clock.now(), dismissed_at=clock.now(), **values)

    assert words in text_of(browser.get("/tasks").text.partition('id="history"')[2])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "The mail is on its way"),
        ({"state": RUNNING}, "The mail is on its way"),
        ({"error": UNREACHABLE}, f"The mail is delayed. {UNREACHABLE}"),
        ({"state": FAILED, "error": ADDRESS_REFUSED}, f"The mail could not be sent: {ADDRESS_REFUSED}"),
        ({"state": SUCCEEDED, "sent_at": clock.now()}, "Mailed to susan@example.org"),
        ({"state": SUCCEEDED}, "The administrator has the mail"),
        ({"state": CANCELLED, "sending_at": clock.now()}, "The mail may have left already."),
        ({"state": CANCELLED}, ""),
    ],
)
def test_card_and_your_data_say_where_the_mail_is(browser, ready, susan, values, words):
    Mail.delete().execute()
    finished_at = clock.now() if values.get("state") in (SUCCEEDED, FAILED, CANCELLED) else None
    row = {"kind": "export_posts", "recipient": susan.email, "user": susan, "task": ready, "id": ready.id}
    outbox_files.path_of(ready.id).touch()
    Mail.create(**row, finished_at=finished_at, **values)

    card, page = (browser.get(path).text for path in (f"/tasks/{ready.id}/card", "/tasks"))

    assert "Your export is ready" in card
    for shown in (text_of(card), text_of(page.partition('id="history"')[2])):
        assert words in shown
        assert words or "mail" not in shown.casefold()


def test_your_data_asks_once_for_all_mails(browser, susan, ready, queries):
    for _ in range(3):
        Task.launch(export_posts, susan, "Exporting posts...", by="a test").dismiss()
    del queries[:]

    browser.get("/tasks")

    of_mails = [sql for sql in queries if 'FROM "mail"' in sql]
    assert len([sql for sql in of_mails if "IN (SELECT" in sql]) == 1
    assert len(of_mails) <= 2, "besides, that of the card"


def test_whoever_deletes_the_file_while_the_mail_leaves_is_told(browser, ready):
    Mail.delete().execute()
    Mail.create(kind="export_posts", recipient="x", task=ready, state=RUNNING, sending_at=clock.now())

    page = browser.post_form(f"/tasks/{ready.id}/delete", follow_redirects=True).text

    assert "The mail may have left already." in page


def test_what_is_ready_cannot_be_cancelled_any_more(browser, ready):
    page = browser.post_form(f"/tasks/{ready.id}/cancel", follow_redirects=True).text

    assert "It was ready already." in page
    assert state_of(ready) == SUCCEEDED


def test_cancel_ends_a_waiting_task(browser, queued):
    response = browser.post_form(f"/tasks/{queued.id}/cancel", next="/user/susan")

    assert response.location == "/user/susan"
    assert state_of(queued) == CANCELLED


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "///evil.example"]
)
def test_the_way_back_never_leaves_the_site(browser, queued, target):
    assert browser.post_form(f"/tasks/{queued.id}/cancel", next=target).location == "/tasks"


@pytest.mark.parametrize("state", [FAILED, CANCELLED])
def test_try_again_launches_a_new_task_and_leaves_the_old_one_as_it_was(browser, queued, susan, state):
    put(
        queued,
        state=state,
        error="The server is out of space. Tell the administrator.",
        finished_at=queued.created_at,
    )

    browser.post_form(f"/tasks/{queued.id}/retry")

    assert state_of(queued) == state
    [new] = Task.in_progress(susan, export_posts)
    assert new.id != queued.id
    assert list(Task.shown(susan)) == [new]


def test_what_no_job_is_known_for_cannot_be_tried_again(browser, queued):
    put(queued, name="of_a_newer_version", state=FAILED, error="x", finished_at=clock.now())

    assert browser.post_form(f"/tasks/{queued.id}/retry").status_code == 409


def test_an_unfinished_task_cannot_be_tried_again_or_lose_its_file(browser, queued):
    assert browser.post_form(f"/tasks/{queued.id}/retry").status_code == 409
    assert browser.post_form(f"/tasks/{queued.id}/delete").status_code == 409
    assert Task.select().count() == 1


def test_a_deleted_file_is_gone(browser, ready):
    browser.post_form(f"/tasks/{ready.id}/delete")

    assert not ready.file.exists()
    assert browser.get(f"/tasks/{ready.id}/download").status_code == 404
    assert state_of(ready) == SUCCEEDED


def test_the_mail_that_holds_a_deleted_file_is_not_left_in_the_outbox(browser, ready):
    assert "posts.json" in outbox_files.path_of(ready.mail.id).read_text()

    browser.post_form(f"/tasks/{ready.id}/delete")

    assert not outbox_files.path_of(ready.mail.id).exists()


def test_a_dismissed_card_is_gone_from_the_pages_and_stays_on_your_data(browser, ready):
    card = f'data-task="{ready.id}"'.encode()
    assert card in browser.get("/").data

    browser.post_form(f"/tasks/{ready.id}/dismiss")

    assert card not in browser.get("/").data
    assert ready.id.encode() in browser.get("/tasks").data


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"attempts": 0}, ["Waiting"]),
        ({"state": RUNNING, "done": 412, "total": 1203, "progress": 34}, ["412 of 1,203", "34"]),
        (
            {"state": FAILED, "error": "The server is out of space. Tell the administrator."},
            ["out of space", "Try again"],
        ),
        ({"state": CANCELLED}, ["cancelled"]),
        ({"state": SUCCEEDED, "progress": 100}, ["ready"]),
    ],
)
def test_the_card_says_what_the_row_says(browser, queued, values, words):
    if values.get("state") in (FAILED, CANCELLED, SUCCEEDED):
        values["finished_at"] = queued.created_at
    if values.get("state") == RUNNING:
        values.update(consumer_id=huey.consumer_id, started_at=queued.created_at)
    if values.get("state") == SUCCEEDED:
        values.update(file_expires_at=queued.created_at, result={"posts": 3, "size_bytes": 321})
    put(queued, **values)

    card = browser.get(f"/tasks/{queued.id}/card").get_data(as_text=True)

    assert all(word in card for word in words)
    assert f'data-state="{values.get("state", QUEUED)}"' in card


def test_the_percentage_stands_where_scripts_look_for_it(browser, queued):
    put(
        queued,
        state=RUNNING,
        consumer_id=huey.consumer_id,
        progress=34,
        done=34,
        total=100,
        started_at=queued.created_at,
    )

    page = browser.get("/").get_data(as_text=True)

    assert f'<span id="{queued.id}-progress">34' in page

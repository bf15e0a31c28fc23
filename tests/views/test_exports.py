import json
import threading

import pytest

from microblog.base.database import connected
from microblog.exports import export_posts
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.states import QUEUED, SUCCEEDED
from microblog.tasks.task import Task


def test_an_export_ends_on_the_profile_with_file_and_mail(app, browser, susan, write_posts, settings):
    write_posts(susan, "first", "second")

    response = browser.post_form("/export_posts")

    assert (response.status_code, response.location) == (302, "/user/susan")
    task = Task.get()
    assert (task.name, task.description, task.state) == ("export_posts", "Exporting posts...", SUCCEEDED)
    archive = json.loads(task.file.read_text())
    assert [post["body"] for post in archive["posts"]] == ["first", "second"]
    [mail] = (settings.data_dir / "outbox").glob("*.eml")
    assert "Subject: [Microblog] Your blog posts" in mail.read_text()


def test_a_get_asks_first_and_starts_nothing(browser):
    response = browser.get("/export_posts")

    assert response.status_code == 200
    assert b'action="/export_posts"' in response.data
    assert Task.select().count() == 0


def test_a_second_request_says_that_one_is_in_progress(browser, nobody_works):
    browser.post_form("/export_posts")

    page = browser.post_form("/export_posts", follow_redirects=True)

    assert b"An export task is currently in progress" in page.data
    assert Task.select().count() == 1


def test_two_clicks_at_once_make_one_export(susan, nobody_works):
    outcomes = []
    start = threading.Barrier(8)

    def click():
        with connected():
            start.wait()
            try:
                Task.launch(export_posts, susan, "Exporting posts...", by="a test")
                outcomes.append("launched")
            except TaskInProgress:
                outcomes.append("refused")

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["launched"] + ["refused"] * 7


def test_the_button_is_gone_while_an_export_is_unfinished(browser, nobody_works):
    assert b'action="/export_posts"' in browser.get("/user/susan").data

    browser.post_form("/export_posts")

    assert b'action="/export_posts"' not in browser.get("/user/susan").data


def test_the_button_is_not_on_the_profile_of_another(browser, john):
    assert b"/export_posts" not in browser.get("/user/john").data


@pytest.mark.parametrize("method", ["get", "post_form"])
def test_signed_out_one_is_led_to_sign_in(client, method):
    response = getattr(client, method)("/export_posts")

    assert response.status_code == 302
    assert response.location.startswith("/auth/login")
    assert Task.select().count() == 0


def test_without_the_token_nothing_starts(browser):
    assert browser.post("/export_posts").status_code == 400
    assert Task.select().count() == 0


def test_without_a_worker_the_task_waits_and_the_page_says_so(browser, nobody_works, worker_gone):
    page = browser.post_form("/export_posts", follow_redirects=True)

    assert Task.get().state == QUEUED
    assert b"The background worker is not running. Your export starts when it is back." in page.data

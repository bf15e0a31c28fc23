"""The cards of tasks, on every page and alone for the script."""

import re
from datetime import timedelta

import pytest
from flask import before_render_template

from microblog.base import clock
from microblog.imports.import_row import Import
from microblog.mail.mail import Mail
from microblog.models import Message, Notification, Post, User
from microblog.tasks.states import CANCELLED
from microblog.tasks.task import Task
from tests.conftest import make_user
from tests.rows import put


@pytest.fixture
def task(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


def test_the_card_stands_on_every_page_of_its_user(browser, task):
    for path in ("/", "/explore", "/user/susan", "/tasks", "/export_posts", "/nowhere"):
        page = browser.get(path).text
        assert f'<span id="{task.id}-progress">0</span>%' in page, path
        assert "Exporting posts…" in page


# The pages that show more of tasks than their cards, by their templates.
FOLLOWING = {
    "imports/index.html": "/imports",
    "imports/show.html": "/imports/1",
    "your_data/index.html": "/tasks",
    "tasks/show.html": "/tasks/{task}",
    "users/show.html": "/user/susan",
}


def templates_that_follow_tasks(app):
    loader = app.jinja_env.loader
    return {
        name
        for name in app.jinja_env.list_templates()
        if "set follows_tasks = true" in loader.get_source(app.jinja_env, name)[0]
    }


def test_the_pages_that_follow_tasks_are_known(app):
    assert templates_that_follow_tasks(app) == set(FOLLOWING)


# The profile shows of them only what their cards say.
@pytest.mark.parametrize("path", sorted({*FOLLOWING.values()} - {"/user/susan"}))
def test_a_page_is_never_older_than_its_cards(app, browser, susan, task, path):
    """Else nothing would draw it again: a task that ends while its page is made is shown as unfinished."""
    Import.create(user=susan, name="outbox.json", task=task)

    def end(*_, **__):
        task.finish(CANCELLED)

    with before_render_template.connected_to(end, app):
        page = browser.get(path.format(task=task.id)).text
    assert 'data-state="queued"' in page
    assert 'data-state="cancelled"' in browser.get(path.format(task=task.id)).text


def test_the_card_is_shown_to_nobody_else(client, sign_in, john, task):
    assert task.id not in client.get("/explore").text
    assert task.id not in sign_in(john).get("/explore").text


def test_the_page_knows_the_newest_notification(browser, susan):
    newest = Notification.push(susan, "unread_message_count", 1)

    assert f'data-cursor="{newest.id}"' in browser.get("/").text


def test_without_script_a_page_refreshes_itself_while_a_task_is_under_way(browser, task):
    refresh = '<noscript><meta http-equiv="refresh" content="3"></noscript>'

    assert refresh in browser.get("/user/susan").text
    assert refresh in browser.get("/tasks").text
    for path in ("/", "/search", "/account/password", "/account/tokens", "/messages"):
        assert refresh not in browser.get(path).text, "it would lose what is being typed"
    task.cancel()
    assert refresh not in browser.get("/user/susan").text


def card(browser, task):
    return browser.get(f"/tasks/{task.id}/card").text


def test_a_waiting_card_says_how_many_are_ahead(browser, john, task, queries):
    for name in ("one", "two"):
        Task.create(name=name, description="x", user=john, created_at=clock.now() - timedelta(hours=1))

    del queries[:]
    shown = card(browser, task)

    assert "Waiting · 2 tasks ahead" in shown
    assert len([sql for sql in queries if "COUNT" in sql and '"task"' in sql]) == 1
    assert " value=" not in shown.split("<progress")[1].split(">")[0]


def test_a_running_card_says_how_far_it_is(browser, task):
    began = clock.now() - timedelta(seconds=30)
    put(
        task,
        state="running",
        progress=60,
        done=3128,
        total=5214,
        attempts=1,
        started_at=began,
        advanced_at=clock.now(),
    )

    shown = card(browser, task)

    assert 'value="60"' in shown
    assert f'<span id="{task.id}-progress">60</span>%' in shown
    assert (
        "3,128 of 5,214 · about\u00a020\u00a0s\u00a0left" in shown
        or "about\u00a025\u00a0s\u00a0left" in shown
    )
    assert f'action="/tasks/{task.id}/cancel"' in shown


def test_a_card_that_stands_still_says_since_when(browser, task):
    put(
        task,
        state="running",
        progress=60,
        done=6,
        total=10,
        started_at=clock.now() - timedelta(minutes=4),
        advanced_at=clock.now() - timedelta(minutes=3),
    )

    assert "No progress since" in card(browser, task)


def test_a_ready_card_offers_the_file(browser, task):
    put(
        task,
        state="succeeded",
        progress=100,
        finished_at=clock.now(),
        result={"posts": 5214, "size_bytes": 1_300_000},
        file_expires_at=clock.now() + timedelta(days=7),
    )

    shown = card(browser, task)

    assert "Your export is ready" in shown
    assert "5,214 posts · 1.3 MB" in shown
    assert f'href="/tasks/{task.id}/download"' in shown
    assert f'action="/tasks/{task.id}/dismiss"' in shown
    assert f'action="/tasks/{task.id}/retry"' not in shown
    assert "<progress" not in shown


def test_a_failed_card_says_why_and_offers_another_try(browser, task):
    put(
        task,
        state="failed",
        finished_at=clock.now(),
        error="The server is out of space. Tell the administrator.",
    )

    shown = card(browser, task)

    assert "The server is out of space. Tell the administrator." in shown
    assert f"Reference {task.id[:8]}" in shown
    assert f'action="/tasks/{task.id}/retry"' in shown


def test_an_ended_card_stands_on_no_page_of_administration_errors_or_deletion(app, sign_in, susan, task):
    """Whatever page of these kinds there is."""
    User.update(is_admin=True).where(User.id == susan.id).execute()
    post = Post.create(author=susan, body="to be deleted")
    Message.send(susan, make_user("peter"), "hello")
    task.cancel()
    values = {"username": "peter", "post_id": post.id, "task_id": task.id}
    office, shown = sign_in(susan), set()
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or not re.search("^/admin|delete$", rule.rule):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(values.get(name[1], 1)), rule.rule)
        page = office.get(path)
        shown.add((rule.rule, page.status_code))
        assert 'class="task ended"' not in page.text or page.status_code == 302, path

    whole = {rule for rule, status in shown if status == 200}
    assert {"/account/delete", "/messages/<username>/delete", "/post/<row_id:post_id>/delete"} <= whole
    assert "/admin/tasks" in whole
    assert 'class="task ended"' not in office.get("/nowhere").text
    assert 'class="task ended"' in office.get("/tasks").text


def test_a_cancelled_card_offers_another_try(browser, task):
    put(task, state="cancelled", finished_at=clock.now())

    shown = card(browser, task)

    assert "Your export is cancelled" in shown
    assert "Nothing was kept." in shown
    assert f'action="/tasks/{task.id}/retry"' in shown


def test_sentences_are_joined_as_the_language_joins_them(browser, susan, task):
    put(task, state="succeeded", progress=100, finished_at=clock.now())
    reason = "The mail server could not be reached."
    Mail.create(kind="export_posts", recipient=susan.email, task=task, error=reason)

    browser.set_cookie("language", "zh")

    assert "邮件要晚一点。连接不上邮件服务器。" in card(browser, task)


def test_there_is_no_card_of_a_task_that_was_dismissed(browser, task):
    task.cancel()
    assert browser.get(f"/tasks/{task.id}/card").status_code == 200

    browser.post_form(f"/tasks/{task.id}/dismiss")

    assert browser.get(f"/tasks/{task.id}/card").status_code == 404


@pytest.mark.usefixtures("worker_gone")
class TestWithoutWorker:
    def test_the_card_says_that_no_worker_runs(self, browser, task):
        assert "The background worker is not running." in card(browser, task)


def test_a_card_leads_back_to_the_page_it_stands_on(browser, task):
    assert 'name="next" value="/user/susan"' in browser.get("/user/susan").text
    assert 'name="next" value=""' in card(browser, task)

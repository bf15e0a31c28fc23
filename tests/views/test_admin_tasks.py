import re
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.mail.mail import Mail
from microblog.ops import cleanup, nightly
from microblog.tasks import hold
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from tests.rows import put

MISSING = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def task(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


def fail(task):
    task.fail("The server is out of space. Tell the administrator.")


def run(task):
    Task.claim(task.id)


@pytest.mark.parametrize(
    ("bring", "said"),
    [
        (lambda _task: None, "Waiting"),
        (run, "0 % · for "),
        (fail, "The server is out of space. Tell the administrator."),
        (lambda task: task.cancel(), "Cancelled"),
    ],
)
def test_a_task_is_shown_with_what_there_is_to_know(office, task, bring, said):
    bring(task)

    page = office.get("/admin/tasks").text

    assert said in page
    assert f"Reference {task.id[:8]}" in page
    assert ">susan<" in page


def test_where_a_job_broke_is_shown_to_the_administrator_alone(office, browser, task):
    task.fail("Something went wrong on the server. Try again.", trace="ZeroDivisionError: division by zero")

    assert "ZeroDivisionError: division by zero" in office.get("/admin/tasks").text
    assert "ZeroDivisionError" not in browser.get("/tasks").text


def facts(page):
    """The value next to each name at the top of the page, without markup."""
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)
    return {name: " ".join(re.sub("<[^>]*>", "", text).split()) for name, text in pairs}


def test_the_page_says_how_many_wait_and_lie_in_the_queue_and_who_works(office, nobody_works):
    tasks = [Task.create(name="example", description="x") for _ in range(55)]
    for task in tasks[:3]:
        huey.enqueue_item(task)
    worker = huey.consumer_id[:8]
    seen = []

    for _ in range(2):
        seen.append(facts(office.get("/admin/tasks").text))
        Task.update(state="running", consumer_id=huey.consumer_id, started_at=clock.now()).where(
            Task.id.in_([task.id for task in tasks[:2]])
        ).execute()

    assert seen == [
        {"Waiting": "55", "In the queue": "3", "Workers": f"{worker} working on 0 tasks"},
        {"Waiting": "53", "In the queue": "3", "Workers": f"{worker} working on 2 tasks"},
    ]


def test_the_page_says_when_neither_worker_nor_queue_is_there(office, task, worker_gone):
    huey.immediate = False

    page = office.get("/admin/tasks").text

    assert facts(page) == {
        "Waiting": "1",
        "In the queue": "the queue does not answer: flask doctor says why",
        "Workers": "none is running: flask doctor says why",
    }


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "for 7 minutes ·"),
        ({"attempts": 2}, "for 7 minutes · attempt 2 failed ·"),
        (
            {"state": "running", "consumer_id": "0123456789", "progress": 40},
            "40 % · for 3 minutes · worker 01234567",
        ),
    ],
)
def test_a_task_says_for_how_long_it_has_waited_or_run(office, task, values, said):
    now = clock.now()
    started_at = now - timedelta(minutes=3) if "consumer_id" in values else None
    Task.update(created_at=now - timedelta(minutes=7), started_at=started_at, **values).execute()

    assert said in " ".join(office.get("/admin/tasks").text.split())


def test_a_task_that_stands_still_says_since_when(office, task, later):
    run(task)
    now = clock.now()
    Task.update(advanced_at=now).execute()
    assert "no progress since" not in office.get("/admin/tasks").text

    later(minutes=3)

    assert f"no progress since {now:%H:%M}" in office.get("/admin/tasks").text


def test_an_empty_page_says_so(office):
    assert "No tasks yet" in office.get("/admin/tasks").text


def test_the_page_costs_the_same_for_any_number_of_tasks(office, susan, queries):
    costs = []
    for first, last in ((0, 1), (1, 30)):
        Task.insert_many(
            [{"name": f"n{n}", "description": "x", "user": susan} for n in range(first, last)]
        ).execute()
        del queries[:]
        office.get("/admin/tasks")
        costs.append(len([sql for sql in queries if sql.startswith("SELECT")]))

    assert costs[0] == costs[1] <= 17


def test_what_is_mailed_and_by_whom_is_told_and_what_a_dead_worker_left(office, susan, nobody_works):
    mail = Mail.send("reset_password", susan.email, user=susan)
    Mail.claim(mail.id)
    Mail.send("reset_password", susan.email, user=susan)
    put(
        Task.create(name="x", description="x"),
        state="running",
        consumer_id="01234567",
        started_at=clock.now(),
    )

    page = office.get("/admin/tasks").text

    assert facts(page)["Mails waiting"] == "1"
    told = facts(page)["Workers"]
    assert f"{huey.consumer_id[:8]} working on 0 tasks, 1 mail" in told
    assert "01234567 gone: what it did begins again" in told
    assert "<code>reset_password</code> · " in page
    assert f"worker {huey.consumer_id[:8]}, MainThread" in page


def test_why_a_task_waits_is_told_wherever_it_is_shown(office, task, nobody_works):
    hold.begin(by="mary")

    for path in ("/admin/tasks", f"/admin/tasks/{task.id}"):
        assert "<strong>new work is held</strong>" in office.get(path).text


def test_nightly_work_that_failed_in_part_is_not_called_done(office, monkeypatch, logged_errors):
    def back_up():
        raise OSError("no disk")

    monkeypatch.setattr(nightly, "CHORES", [cleanup.forget_the_past, back_up])
    nightly.launch_now(by="mary")

    for path in ("/admin/tasks", "/admin/tasks/nightly"):
        page = facts(office.get(path).text)
        assert page.get("Nightly work", page.get("Last", "")).endswith("· 1 failed"), path
    logged_errors.clear()


def test_a_failed_task_is_tried_again_for_its_user(office, task, susan):
    fail(task)

    assert office.post_form(f"/admin/tasks/{task.id}/retry").status_code == 302

    assert [row.state for row in Task.for_user(susan)] == ["succeeded", "failed"]


def test_a_second_one_of_a_kind_is_refused_in_words(office, task, susan):
    fail(task)
    Task.create(name="export_posts", description="Exporting posts...", user=susan)

    page = office.post_form(f"/admin/tasks/{task.id}/retry", follow_redirects=True)

    assert "another task of this kind" in page.text


def test_a_waiting_task_is_cancelled(office, task):
    assert office.post_form(f"/admin/tasks/{task.id}/cancel").status_code == 302
    assert Task.get_by_id(task.id).state == "cancelled"


def test_a_waiting_task_cannot_be_tried_again(office, task):
    assert office.post_form(f"/admin/tasks/{task.id}/retry").status_code == 409


@pytest.mark.parametrize("act", ["retry", "cancel"])
def test_only_administrators_act_and_only_by_post_on_what_is_there(office, browser, client, task, act):
    path = f"/admin/tasks/{task.id}/{act}"

    assert browser.post_form(path).status_code == 404
    assert client.post_form(path).status_code == 302
    assert office.get(path).status_code == 405
    assert office.post_form(f"/admin/tasks/{MISSING}/{act}").status_code == 404
    assert Task.get_by_id(task.id).state == "queued"


def test_the_page_is_for_administrators(browser, client, task):
    assert browser.get("/admin/tasks").status_code == 404
    assert client.get("/admin/tasks").status_code == 302


def test_what_has_ended_is_called_so_and_dated(office, task):
    task.cancel()

    page = office.get("/admin/tasks").text

    assert "Export of posts" in page
    assert "Exporting posts..." not in page


def test_figures_are_drawn_without_script_and_told_in_words(office, task):
    Task.claim(task.id).fail("The server is out of space. Tell the administrator.")

    page = office.get("/admin/tasks/figures").text

    assert "The last 24 hours: 0 done, 1 failed" in page
    assert "0 hours ago: 0 done, 1 failed" in page
    assert '<rect x="231" y="0" width="8" height="60" fill="#d0453a"/>' in page
    assert page.count("<strong>1 failed</strong>") == 2


def test_the_page_of_one_task_tells_its_attempts_and_its_user_the_plain_part(office, browser, task):
    Task.claim(task.id).retry_or_fail("The server was too busy to do this. Try again later.")
    Task.update(run_after=clock.now()).execute()
    Task.claim(task.id).fail("Something went wrong on the server. Try again.", trace="ZeroDivisionError")

    pages = [office.get(f"/admin/tasks/{task.id}").text, browser.get(f"/tasks/{task.id}").text]

    for page in pages:
        assert "To be tried again" in page
        assert "The server was too busy to do this. Try again later." in page
        assert page.count("Something went wrong on the server. Try again.") > 1
        assert "/retry" in page
    inside = [("ZeroDivisionError", "MainThread", huey.consumer_id[:8], task.id, "export_posts")] * 2
    assert [[word in page for word in words[:3]] for page, words in zip(pages, inside, strict=True)] == [
        [True] * 3,
        [False] * 3,
    ]


def test_the_page_of_a_task_is_its_users_and_the_administrators_alone(office, sign_in, john, task):
    assert office.get(f"/tasks/{task.id}").status_code == 404
    assert sign_in(john).get(f"/tasks/{task.id}").status_code == 404
    assert office.get(f"/admin/tasks/{MISSING}").status_code == 404

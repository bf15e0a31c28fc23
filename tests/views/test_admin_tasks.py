import pytest

from microblog.models import Task
from microblog.queue import huey
from tests.conftest import make_user

MISSING = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def office(app, sign_in):
    """The administrator's browser."""
    return sign_in(make_user("mary", is_admin=True))


@pytest.fixture
def task(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


def fail(task):
    task.fail("The server is out of space. Tell the administrator.")


def run(task):
    Task.claim(task.id, huey.worker.name)


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


def test_the_page_says_how_many_wait_and_who_works(office, task):
    page = office.get("/admin/tasks").text

    assert huey.worker.name[:8] in page
    huey.worker.release()
    assert "none is running: flask doctor says why" in office.get("/admin/tasks").text
    huey.worker.take()


def test_an_empty_page_says_so(office):
    assert "No tasks yet" in office.get("/admin/tasks").text


def test_the_page_costs_the_same_for_any_number_of_tasks(office, susan, queries):
    Task.insert_many([{"name": f"n{n}", "description": "x", "user": susan} for n in range(30)]).execute()
    del queries[:]

    office.get("/admin/tasks")

    assert len([sql for sql in queries if sql.startswith("SELECT")]) <= 10


def test_a_failed_task_is_tried_again_for_its_user(office, task, susan):
    fail(task)

    assert office.post_form(f"/admin/tasks/{task.id}/retry").status_code == 302

    assert [row.state for row in Task.of(susan)] == ["succeeded", "failed"]


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

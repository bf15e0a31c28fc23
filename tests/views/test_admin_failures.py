import pytest

from microblog.tasks import failures
from microblog.tasks.task import Task
from tests.conftest import make_user

REASON = "The server is out of space. Tell the administrator."
GROUP = {"kind": "export_posts", "reason": REASON}


@pytest.fixture
def failed(app):
    """Three failed exports of as many people, and one for another reason."""
    tasks = [fail(make_user(f"user{number}"), REASON) for number in range(3)]
    fail(make_user("another"), "Something went wrong on the server. Try again.")
    return tasks


def fail(user, reason):
    task = Task.create(name="export_posts", description="Exporting posts...", user=user)
    task.fail(reason)
    return task


def states(tasks):
    return [[row.state for row in Task.for_user(task.user)] for task in tasks]


def test_failures_are_counted_by_kind_and_reason_and_asked_about_first(office, failed):
    page = office.get("/admin/tasks").text
    assert page.index("3 failures") < page.index("1 failure<")

    question = office.get("/admin/tasks/failures", query_string=GROUP).text

    assert "Try all again" in question
    assert "Discard all" in question
    assert all(task.reference in question and f">{task.user.username}<" in question for task in failed)
    assert states(failed) == [["failed"]] * 3


def test_all_of_one_reason_are_tried_again(office, failed, settings):
    page = office.post_form("/admin/tasks/failures/retry", **GROUP, follow_redirects=True).text

    assert "3 tasks are tried again." in page
    assert states(failed) == [["succeeded", "failed"]] * 3
    assert [group.count for group in failures.groups(9)] == [1]
    assert "failures-tried-again kind=export_posts count=3 by=mary" in log(settings)


def test_nobody_gets_two_of_a_kind(office, susan, nobody_works):
    tasks = [fail(susan, REASON) for _ in range(2)]

    office.post_form("/admin/tasks/failures/retry", **GROUP)

    assert sorted(row.state for row in Task.for_user(susan)) == ["failed", "failed", "queued"]
    assert failures.groups(9) == []
    assert Task.get_by_id(tasks[0].id).dismissed_at


def test_all_of_one_reason_are_discarded_and_stay_in_the_list(office, failed, settings):
    page = office.post_form("/admin/tasks/failures/discard", **GROUP, follow_redirects=True).text

    assert "3 failures are discarded." in page
    assert states(failed) == [["failed"]] * 3
    assert [group.count for group in failures.groups(9)] == [1]
    assert "failures-discarded kind=export_posts count=3 by=mary" in log(settings)
    assert office.get("/admin/tasks/failures", query_string=GROUP).status_code == 404


def test_many_are_seen_to_in_portions_and_the_rest_is_told(office, failed, monkeypatch):
    monkeypatch.setattr(failures, "MOST", 2)

    page = office.post_form("/admin/tasks/failures/discard", **GROUP, follow_redirects=True).text

    assert "2 failures are discarded." in page
    assert "1 is left." in page


def test_groups_are_counted_without_a_look_at_anything_else(app, plan):
    by_reason = Task.select(Task.name, Task.error).where(failures.FAILURE).group_by(Task.name, Task.error)

    assert plan(by_reason) == ["SCAN t1 USING INDEX task_failures"]
    assert "SEARCH t1 USING INDEX task_failures (name=? AND error=?)" in plan(failures.of("x", "y"))


def log(settings):
    return (settings.data_dir / "log" / "security.log").read_text()

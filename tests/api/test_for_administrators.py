"""What administrators ask of background work by programs."""

import re

import pytest

from microblog.api.operation import OPERATIONS
from microblog.cli.tasks import tasks
from microblog.ops import nightly
from microblog.tasks import hold
from microblog.tasks.task import Task
from tests.conftest import make_user

WHY = "The server was too busy to do this. Try again later."


@pytest.fixture
def boss(program_of):
    return program_of(make_user("boss", is_admin=True))


@pytest.fixture
def failed(nobody_works, susan):
    task = Task.create(name="export_posts", description="Exporting posts...", user=susan)
    Task.claim(task.id).fail(WHY, trace="ZeroDivisionError")
    return task


def ids(response):
    return [task["id"] for task in response.json]


def test_a_list_is_narrowed_by_each_filter_and_its_links_keep_them(boss, failed, susan, john):
    others = [Task.create(name=f"n{number}", description="x", user=john).id for number in range(2)]

    assert ids(boss.get("/api/admin/tasks?state=failed")) == [failed.id]
    assert ids(boss.get("/api/admin/tasks?kind=n0")) == others[:1]
    assert ids(boss.get("/api/admin/tasks?user=@susan")) == [failed.id]
    assert ids(boss.get("/api/admin/tasks?since=2999-01-01T00:00:00Z")) == []
    assert len(ids(boss.get("/api/admin/tasks?until=2999-01-01T00:00:00%2B02:00"))) == 3
    first = boss.get("/api/admin/tasks?user=john&state=queued&limit=1")
    [onward] = [re.match("<(.*)>", link)[1] for link in first.headers.getlist("Link") if "next" in link]
    assert ids(first) + ids(boss.get(onward)) == others[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "state=x",
        "user=nobody",
        "since=yesterday",
        "until=0001-01-01T00:00:00%2B23:00",
        "max_id=1",
        "since_id=%00",
    ],
)
def test_a_filter_that_cannot_be_is_no_empty_list(boss, query):
    assert boss.get(f"/api/admin/tasks?{query}").status_code == 400


def test_a_task_tells_its_user_the_plain_part_and_the_administrator_all(boss, program, failed):
    whole, plain = (
        one.get(f"/api{path}/tasks/{failed.id}").json for one, path in ((boss, "/admin"), (program, ""))
    )

    assert (whole["user"], whole["trace"]) == ("susan", "ZeroDivisionError")
    [told], [inside] = plain["history"], whole["history"]
    assert (told["ending"], told["error"]) == ("failed", WHY)
    assert set(inside) - set(told) == {"consumer_id", "thread"}
    assert "trace" not in plain


def test_why_a_task_waits_and_what_runs_is_told(boss, nobody_works, susan):
    running, waiting = (Task.create(name=f"n{number}", description="x", user=susan) for number in range(2))
    Task.claim(running.id)

    assert boss.get(f"/api/admin/tasks/{waiting.id}").json["waits_for"] == "others"
    work = boss.get("/api/admin/work").json
    [worker] = work["workers"]
    assert [(item["id"], item["user"], item["mail"]) for item in worker["items"]] == [
        (running.id, "susan", None)
    ]
    assert (worker["is_alive"], work["waiting"]) == (True, 1)


def test_failures_of_one_reason_are_seen_to_at_once_and_who_did_it_is_noted(boss, failed, susan, settings):
    [group] = boss.get("/api/admin/work").json["failures"]
    named = {name: group[name] for name in ("name", "error")}

    assert boss.post("/api/admin/work/failures/retry", json=named).json == {"count": 1, "left": 0}
    assert boss.post("/api/admin/work/failures/discard", json=named).json == {"count": 0, "left": 0}
    assert boss.post("/api/admin/work/failures/retry", json={"name": "x"}).status_code == 422

    assert [task.state for task in Task.for_user(susan)] == ["queued", "failed"]
    assert "failures-tried-again kind=export_posts count=1 by=boss" in (
        settings.data_dir / "log" / "security.log"
    ).read_text().replace('"', "")


def test_work_is_held_and_goes_on(boss):
    boss.put("/api/admin/work/hold")
    assert boss.get("/api/admin/work").json["held_since"]
    assert hold.since()

    boss.delete("/api/admin/work/hold")

    assert boss.get("/api/admin/work").json["held_since"] is None


def test_nightly_work_and_figures_are_told(boss):
    launched = boss.post("/api/admin/nightly")

    told = boss.get("/api/admin/nightly").json
    assert boss.get(launched.headers["Location"]).json["id"] == told["task"]["id"]
    assert [chore["name"] for chore in told["chores"]] == [chore.__name__ for chore in nightly.CHORES]
    assert {chore["error"] for chore in told["chores"]} == {None}
    figures = boss.get("/api/admin/figures").json
    assert [(one["kind"], one["count"]) for one in figures["day"]] == [("nightly", 1)]
    assert sum(hour["succeeded"] for hour in figures["hours"]) == 1


def test_a_list_costs_the_same_for_any_number(boss, susan, queries):
    costs = []
    for first, last in ((0, 1), (1, 30)):
        rows = [{"name": f"n{n}", "description": "x", "user": susan} for n in range(first, last)]
        Task.insert_many(rows).execute()
        del queries[:]
        boss.get("/api/admin/tasks")
        costs.append(len([sql for sql in queries if sql.startswith("SELECT")]))

    assert costs[0] == costs[1]


# What the pages about tasks do, by program and by command.
WAYS = {
    "admin_tasks.index": ("admin_work_show", "workers"),
    "admin_tasks.show": ("admin_tasks_show", "show"),
    "admin_tasks.retry": ("admin_tasks_retry", "retry"),
    "admin_tasks.cancel": ("admin_tasks_cancel", "cancel"),
    "admin_tasks_list.index": ("admin_tasks_index", "list"),
    "admin_tasks_failures.show": ("admin_work_show", "failures"),
    "admin_tasks_failures.retry": ("admin_work_retry", "retry-all"),
    "admin_tasks_failures.discard": ("admin_work_discard", "discard-all"),
    "admin_tasks_figures.index": ("admin_work_show_figures", "figures"),
    "admin_tasks_hold.create": ("admin_work_begin_hold", "hold"),
    "admin_tasks_hold.destroy": ("admin_work_end_hold", "resume"),
    "admin_tasks_nightly.index": ("admin_nightly_show", "nightly"),
    "admin_tasks_nightly.create": ("admin_nightly_create", "nightly"),
}


def test_whatever_a_page_about_tasks_does_programs_and_commands_do(app):
    endpoints = {
        rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin_tasks")
    }
    operations, commands = zip(*WAYS.values(), strict=True)

    assert endpoints == set(WAYS)
    assert {f"api.{name}" for name in operations} == {name for name in OPERATIONS if "api.admin_" in name}
    assert set(commands) == set(tasks.commands) - {"example"}

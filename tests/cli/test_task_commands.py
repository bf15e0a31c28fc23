import json

import pytest

from microblog.mail.mail import Mail
from microblog.ops import nightly
from microblog.tasks.task import Task


@pytest.fixture
def waiting(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


@pytest.fixture
def failed(susan):
    task = Task.create(name="export_posts", description="Exporting posts...", user=susan)
    task.fail("The server is out of space. Tell the administrator.")
    return task


def test_the_list_is_of_what_has_not_ended(run, failed, waiting):
    result = run("tasks", "list")

    [line] = result.output.splitlines()
    assert line.split()[:2] == [waiting.id, "queued"]
    assert "susan" in line


def test_the_failed_ones_are_listed_with_their_reasons(run, failed, waiting):
    [line] = run("tasks", "list", "--state", "failed").output.splitlines()

    assert line.startswith(failed.id)
    assert line.endswith("The server is out of space. Tell the administrator.")


def test_an_empty_list_is_said_to_whoever_reads_not_to_a_program(run):
    result = run("tasks", "list", "--state", "failed")

    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "",
        "no such tasks; those that have ended: tasks list --state succeeded\n",
    )


def test_a_list_is_made_by_one_query_for_each_state(run, susan, waiting, queries):
    Task.insert_many([{"name": f"n{n}", "description": "x", "user": susan} for n in range(9)]).execute()
    del queries[:]

    assert len(run("tasks", "list").output.splitlines()) == 10
    # The others are for who works.
    assert len([sql for sql in queries if "LIMIT ?" in sql and "ORDER BY" in sql]) == 2


def test_a_failed_task_is_retried_as_a_new_one(run, failed):
    result = run("tasks", "retry", failed.id)

    assert Task.get_by_id(result.output.strip()).state == "succeeded"
    assert Task.get_by_id(failed.id).state == "failed"


def test_a_waiting_task_cannot_be_retried(run, waiting):
    assert (
        run("tasks", "retry", waiting.id).output == "Error: only what failed or was cancelled is done again\n"
    )


def test_a_second_one_of_a_kind_is_refused(run, failed, waiting):
    result = run("tasks", "retry", failed.id)

    assert (
        result.output
        == "Error: its user has another of this kind under way; wait for its end, or cancel it\n"
    )


def test_a_waiting_task_is_cancelled_at_once(run, waiting):
    assert run("tasks", "cancel", waiting.id).output == "cancelled\n"
    assert Task.get_by_id(waiting.id).state == "cancelled"


def test_an_ended_task_cannot_be_cancelled(run, failed):
    assert run("tasks", "cancel", failed.id).output == "Error: it has ended already: failed\n"


def test_everything_known_of_a_task_is_shown_as_json(run, failed):
    known = json.loads(run("tasks", "show", failed.id).output)

    assert (known["id"], known["error"]) == (
        failed.id,
        "The server is out of space. Tell the administrator.",
    )


def test_the_reference_on_a_page_is_enough(run, failed, waiting):
    assert json.loads(run("tasks", "show", failed.id[:8]).output)["id"] == failed.id
    assert run("tasks", "cancel", waiting.id[:8]).output == "cancelled\n"
    new_id = run("tasks", "retry", failed.id[:8]).output.strip()
    assert Task.get_by_id(new_id).state == "succeeded"


@pytest.mark.parametrize(
    "beginning", [lambda task: task.id[:7], lambda _task: "%" * 8, lambda _task: "_" * 8]
)
def test_what_is_no_reference_finds_nothing(run, failed, beginning):
    result = run("tasks", "show", beginning(failed))

    assert result.exit_code == 1
    assert result.output.startswith("Error: there is no task ")


@pytest.mark.parametrize("command", ["show", "retry", "cancel"])
def test_a_reference_that_fits_several_is_answered_by_their_ids(run, susan, command):
    ids = [f"01234567-{number}" for number in range(2)]
    for number, task_id in enumerate(ids):
        Task.create(id=task_id, name=f"n{number}", description="x", user=susan)

    result = run("tasks", command, "01234567")

    assert result.exit_code == 1
    assert result.output == f"Error: more than one task begins like this: {ids[1]}, {ids[0]}\n"
    assert {task.state for task in Task.select()} == {"queued"}
    assert json.loads(run("tasks", "show", ids[0]).output)["id"] == ids[0]


def test_the_list_is_narrowed_by_kind_and_person(run, failed, john):
    listed = [
        len(run("tasks", "list", "--state", "failed", *more).stdout.splitlines())
        for more in ((), ("--kind", "export_posts"), ("--kind", "x"), ("--user", "susan"), ("--user", "john"))
    ]

    assert listed == [1, 1, 0, 1, 0]
    assert (
        run("tasks", "list", "--user", "nobody").output
        == "Error: there is no user nobody; the page Administration lists all\n"
    )


def test_figures_and_attempts_are_printed(run, waiting):
    Task.claim(waiting.id).fail("broken")

    assert run("tasks", "figures").output.split()[:3] == ["export_posts", "1", "1"]
    [attempt] = json.loads(run("tasks", "show", waiting.id).output)["history"]
    assert (attempt["ending"], attempt["error"]) == ("failed", "broken")


def test_new_work_is_held_and_resumed_and_the_doctor_says_so(run, examine, waiting):
    run("tasks", "hold")
    finding = examine()["worker"]
    assert (finding.grade, finding.remedy) == ("warning", ".venv/bin/flask tasks resume")
    assert "new work is held since" in finding.what

    run("tasks", "resume")

    assert examine()["worker"].what == "1 alive"


def test_what_waits_says_why_and_a_span_narrows_the_list(run, nobody_works, waiting):
    assert run("tasks", "list").output.strip().endswith("waits: next")
    run("tasks", "hold")
    assert run("tasks", "list").output.strip().endswith("waits: held")

    assert run("tasks", "list", "--since", "2999-01-01").stdout == ""
    assert len(run("tasks", "list", "--until", "2999-01-01").stdout.splitlines()) == 1


def test_failures_are_told_by_reason_and_seen_to_at_once_when_asked(run, failed, susan):
    kind, reason = failed.name, failed.error
    assert run("tasks", "failures").output == f"1  {kind}  {reason}\n"

    assert run("tasks", "retry-all", kind, reason, stdin="n\n").exit_code == 1
    assert Task.select().count() == 1
    assert run("tasks", "retry-all", kind, reason, "--yes").output == "1 done, 0 left\n"
    assert [task.state for task in Task.for_user(susan)] == ["succeeded", "failed"]
    assert run("tasks", "discard-all", kind, reason, "--yes").exit_code == 1


def test_failures_are_discarded_and_the_task_stays(run, failed):
    assert run("tasks", "discard-all", failed.name, failed.error, "--yes").output == "1 done, 0 left\n"

    assert run("tasks", "failures").stdout == ""
    assert len(run("tasks", "list", "--state", "failed").stdout.splitlines()) == 1


def test_each_worker_and_what_it_does_is_printed(run, nobody_works, waiting, susan):
    Task.claim(waiting.id)
    Mail.claim(Mail.send("reset_password", susan.email, user=susan).id)

    worker, *items = run("tasks", "workers").output.splitlines()

    assert worker.endswith("alive")
    assert [item.split("  ")[2:4] for item in items] == [
        ["export_posts", "susan"],
        ["mail reset_password", "susan"],
    ]


def test_nightly_work_is_told_by_chore_and_run_now(run):
    before = run("tasks", "nightly").output.splitlines()
    task_id = run("tasks", "nightly", "--now").output.strip()
    after = run("tasks", "nightly").output.splitlines()

    assert Task.get_by_id(task_id).state == "succeeded"
    assert [line.split()[0] for line in after] == [chore.__name__ for chore in nightly.CHORES]
    assert {line.endswith("not lately") for line in before} == {True}
    assert {line.endswith(("done",)) for line in after} == {True}


def test_it_is_not_run_twice_at_once(run, nobody_works):
    run("tasks", "nightly", "--now")

    assert run("tasks", "nightly", "--now").output.startswith("Error: it is under way already")


@pytest.mark.parametrize("command", ["show", "retry", "cancel"])
def test_a_missing_task_is_named(run, command):
    result = run("tasks", command, "no-such-id")

    assert result.exit_code == 1
    assert result.output == "Error: there is no task no-such-id; see: tasks list --state …\n"

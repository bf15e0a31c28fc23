"""Mails of the mail table through a real consumer: whatever is killed, each arrives, and once is the rule."""

import re

import pytest

from microblog import accounts
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, User
from microblog.models.one_time_token import RESET_PASSWORD
from microblog.ops.nightly import nightly
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end import faulty_jobs
from tests.end_to_end.postbox import DROP, SILENT
from tests.end_to_end.running_site import free_port
from tests.end_to_end.world import fill


@pytest.fixture
def ask(world, susan):
    """Ask for a link as the page does; returns the mail's row."""
    return lambda: Mail.send("reset_password", susan.email_key)


def token_in(mail):
    return re.search(r"/auth/reset_password/([\w-]+)", mail.get_body(("plain",)).get_content())[1]


def state(row):
    return Mail.get_by_id(row.id).state


def fresh(row):
    return type(row).get_by_id(row.id)


def test_a_mail_arrives_with_a_token_that_works(world, ask, susan):
    world.start_consumer()
    row = ask()
    world.settle()

    [mail] = world.postbox.mails
    assert mail["Subject"] == "[Microblog] Reset your password"
    assert mail["To"] == susan.email
    assert mail["Message-ID"] == f"<reset_password-{row.id}@127.0.0.1>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert OneTimeToken.from_secret(RESET_PASSWORD, token_in(mail)).user == susan
    assert token_in(mail) not in world.log.read_text()


def test_a_consumer_killed_before_the_server_answers_costs_no_mail(world, ask):
    world.postbox.answers = [SILENT]
    consumer = world.start_consumer()
    row = ask()
    world.wait_for(lambda: world.postbox.tries == 1)
    consumer.kill()
    consumer.wait()

    world.start_consumer()
    world.settle()

    assert state(row) == SUCCEEDED
    assert Mail.get_by_id(row.id).attempts == 2


def test_a_consumer_killed_after_the_mail_was_accepted_sends_one_more_of_the_same_id(world, ask, susan):
    consumer = world.start_consumer()
    world.postbox.on_accept = consumer.kill
    row = ask()
    world.wait_for(lambda: consumer.poll() is not None)
    world.postbox.on_accept = lambda: None

    world.start_consumer()
    world.settle()

    assert state(row) == SUCCEEDED
    first, second = world.postbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
    for mail in (first, second):
        assert OneTimeToken.from_secret(RESET_PASSWORD, token_in(mail)).user == susan, (
            "whichever is opened works"
        )


@pytest.mark.parametrize("answer", ["450 later", "421 busy"])
def test_a_passing_refusal_is_tried_again(world, ask, answer):
    world.postbox.answers = [answer, answer]
    world.start_consumer()
    row = ask()
    world.settle()

    assert (state(row), world.postbox.tries, len(world.postbox.mails)) == (SUCCEEDED, 3, 1)


@pytest.mark.parametrize("answer", ["550 no such user", "552 too big"])
def test_a_final_refusal_is_not_tried_again(world, ask, answer):
    world.postbox.answers = [answer]
    world.start_consumer()
    row = ask()
    world.settle()

    assert (state(row), world.postbox.tries) == (FAILED, 1)


def test_two_uncertain_ends_are_not_followed_by_a_third_try(world, ask):
    world.postbox.answers = [DROP, DROP]
    world.start_consumer()
    row = ask()
    world.settle()

    assert (state(row), world.postbox.tries) == (FAILED, 2)


def test_a_server_that_cannot_be_reached_ends_in_failure_after_five_tries(world, ask):
    world.start_consumer(MAIL_PORT=str(free_port()))
    row = ask()
    world.settle()

    assert (state(row), Mail.get_by_id(row.id).attempts) == (FAILED, 5)


def test_an_emptied_queue_loses_no_mail(world, ask):
    row = ask()
    world.empty_queue()
    world.start_consumer()
    world.settle()

    assert (state(row), len(world.postbox.mails)) == (SUCCEEDED, 1)


def test_two_consumers_send_a_mail_once(world, ask):
    world.start_consumer()
    world.start_consumer()
    rows = [ask() for _ in range(3)]
    world.settle()

    assert {state(row) for row in rows} == {SUCCEEDED}
    assert len({mail["Message-ID"] for mail in world.postbox.mails}) == len(world.postbox.mails) == 3


def test_mails_overtake_a_backlog_of_exports(world, susan, john, ask):
    fill(susan, 100)
    fill(john, 100)
    exports = [world.export(user) for user in (susan, john)]
    row = ask()
    world.start_consumer(EXPORT_DELAY_S="0.02")

    world.wait_for(lambda: state(row) == SUCCEEDED)

    assert not any(Task.get_by_id(task.id).complete for task in exports)


def begin_exports(world, users):
    """Exports of *users*, one of which has begun and one could."""
    for user in users:
        fill(user, 300)
    tasks = [world.export(user) for user in users]
    world.wait_for(lambda: any(Task.get_by_id(task.id).done > 1 for task in tasks))
    return tasks


def overtakes(world, ask, tasks):
    """Whether a mail arrives before any of *tasks* has ended."""
    row = ask()
    world.wait_for(lambda: state(row) == SUCCEEDED)
    return not any(Task.get_by_id(task.id).complete for task in tasks)


def test_mails_overtake_exports_while_the_nightly_work_runs(world, susan, john, ask):
    world.start_consumer(EXPORT_DELAY_S="0.02", HANGS_AT="microblog.ops.nightly._do")
    night = Task.select().where(Task.name == nightly.name, Task.state == RUNNING)
    world.wait_for(night.clone().exists)

    assert overtakes(world, ask, begin_exports(world, [susan, john]))


def test_mails_overtake_exports_while_one_of_three_workers_hangs(world, susan, john, ask):
    world.start_consumer(EXPORT_DELAY_S="0.02")
    task = Task.launch(faulty_jobs.hang, susan, "Hanging...")
    world.wait_for(lambda: Task.get_by_id(task.id).state == RUNNING)

    assert overtakes(world, ask, begin_exports(world, [susan, john]))


def test_mails_wait_for_one_task_at_most_after_a_job_that_hangs_was_cancelled(world, susan, john, ask, later):
    """Until the restart: nobody can take its worker back from a job that never returns."""
    consumer = world.start_consumer(EXPORT_DELAY_S="0.02")
    task = Task.launch(faulty_jobs.hang, susan, "Hanging...")
    world.wait_for(lambda: Task.get_by_id(task.id).state == RUNNING)
    later(minutes=3)
    Task.get_by_id(task.id).cancel()
    later(minutes=0)
    assert Task.get_by_id(task.id).state == CANCELLED

    fill(susan, 100)
    fill(john, 500)
    short, long = world.export(susan), world.export(john)
    world.wait_for(lambda: all(Task.get_by_id(task.id).done > 1 for task in (short, long)))
    assert overtakes(world, ask, [long])

    consumer.kill()
    consumer.wait()
    world.start_consumer(EXPORT_DELAY_S="0.02")
    assert overtakes(world, ask, [long])


@pytest.mark.parametrize("kills", [1, 2])
def test_mails_do_not_wait_for_tasks_that_have_lost_their_worker(world, susan, john, ask, kills):
    tasks = []

    def one_runs():
        living = huey.lock.living()
        return any(row.state == RUNNING and row.consumer_id in living for row in map(fresh, tasks))

    for _ in range(kills):
        consumer = world.start_consumer(EXPORT_DELAY_S="0.02")
        tasks = tasks or begin_exports(world, [susan, john])
        world.wait_for(one_runs)
        consumer.kill()
        consumer.wait()
    world.start_consumer(EXPORT_DELAY_S="0.02")
    world.wait_for(one_runs)
    assert max(row.crash_count for row in map(fresh, tasks)) == kills

    assert overtakes(world, ask, tasks)
    world.settle()


def test_nobody_is_mailed_for_an_unknown_address(world, susan):
    row = Mail.send("reset_password", "stranger@example.org")
    world.start_consumer()
    world.settle()

    assert (state(row), world.postbox.tries) == (CANCELLED, 0)


def test_an_error_in_the_consumer_is_mailed_once(world, susan, john):
    """A job that breaks in the same place for two people is one kind of error."""
    world.start_consumer(ADMINS="root@example.org")
    exports = world.settings.data_dir / "exports"
    exports.write_text("a file where the folder should be")
    for user in (susan, john):
        world.export(user)
    world.wait_for(lambda: Mail.select().where(Mail.kind == "error").exists())
    world.settle()

    [mail] = world.postbox.mails
    assert mail["To"] == "root@example.org"
    assert mail["Subject"].strip().startswith("[Microblog] Error: export_posts")
    assert "FileExistsError" in mail.get_body(("plain",)).get_content()


def test_a_running_export_stops_when_its_user_leaves(world, susan):
    fill(susan, 300)
    world.start_consumer(EXPORT_DELAY_S="0.02")
    task = world.export(susan)
    world.wait_for_step(task, 5)

    accounts.delete(User.get_by_id(susan.id))

    world.wait_for(lambda: "is not ours any more" in world.log.read_text())
    world.assert_promise_kept()
    assert list((world.settings.data_dir / "exports").iterdir()) == []
    assert world.postbox.mails == []
    assert " ERROR " not in world.log.read_text()


def test_the_mail_of_an_export_goes_with_its_user(world, susan):
    fill(susan, 3)
    world.start_consumer(MAIL_PORT=str(free_port()), MAIL_PAUSE_S="60")
    task = world.export(susan)
    world.wait_for(lambda: Mail.select().where(Mail.task == task, Mail.error.is_null(False)).exists())

    accounts.delete(User.get_by_id(susan.id))

    assert Mail.select().count() == 0
    assert list((world.settings.data_dir / "exports").iterdir()) == []
    world.settle()


def test_a_second_export_withdraws_the_mail_of_the_first_that_waits(world, susan):
    fill(susan, 3)
    world.start_consumer(MAIL_PORT=str(free_port()), MAIL_PAUSE_S="2")
    first = world.export(susan)
    world.wait_for(lambda: Mail.select().where(Mail.task == first, Mail.error.is_null(False)).exists())

    second = world.export(susan)
    world.settle()

    assert fresh(first).mail.state == CANCELLED
    assert fresh(second).mail.state == FAILED
    assert all(fresh(task).file_expires_at for task in (first, second))

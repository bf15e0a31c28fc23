"""What a mail server can do to us; the file is there whatever it does."""

import email
import email.policy

import pytest

from microblog.base.database import connected
from microblog.tasks.states import CANCELLED, MAILING, QUEUED, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.postbox import DROP, HANG, SILENT
from tests.end_to_end.running_site import free_port
from tests.end_to_end.world import fill


@pytest.fixture
def export(world, susan):
    fill(susan, 3)
    return lambda: world.export(susan)


@pytest.mark.parametrize("answer", ["450 later", "451 later", "421 too busy"])
@pytest.mark.parametrize("at_recipient", [True, False])
def test_a_passing_refusal_is_tried_again(world, export, answer, at_recipient):
    world.postbox.answers = [answer, answer]
    world.postbox.at_recipient = at_recipient
    world.start_consumer()
    task = export()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail_attempts, row.note, row.error) == (SUCCEEDED, 3, None, None)
    assert len(world.mails_of(task)) == 1


def test_while_the_mail_is_delayed_the_file_is_there_already(world, export, sign_in, susan):
    world.start_consumer(MAIL_PORT=str(free_port()))
    task = export()
    world.wait_for(lambda: Task.get_by_id(task.id).error)

    row = Task.get_by_id(task.id)
    assert (row.phase, row.progress) == (MAILING, 99)
    assert row.file_expires_at
    assert sign_in(susan).get(f"/tasks/{task.id}/download", buffered=True).status_code == 200
    world.settle()


def test_a_server_that_cannot_be_reached_ends_in_a_note(world, export):
    world.start_consumer(MAIL_PORT=str(free_port()))
    task = export()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail_attempts) == (SUCCEEDED, 5)
    assert row.note == "The mail server could not be reached."


def test_a_refused_address_is_not_tried_again(world, export):
    world.postbox.answers = ["550 no such user"]
    world.postbox.at_recipient = True
    world.start_consumer()
    task = export()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail_attempts) == (SUCCEEDED, 1)
    assert row.note == "The mail server refused the address."
    assert world.postbox.tries == 1


def test_a_mail_that_is_too_big_goes_out_with_a_link_instead(world, export):
    world.postbox.answers = ["552 too big"]
    world.start_consumer()
    task = export()
    world.settle()

    assert Task.get_by_id(task.id).note is None
    [mail] = world.mails_of(task)
    assert list(mail.iter_attachments()) == []
    assert f"/tasks/{task.id}/download" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize("fault", [SILENT, DROP])
def test_an_uncertain_end_is_followed_by_one_resend_with_the_same_id(world, export, fault):
    world.postbox.answers = [fault]
    world.start_consumer(SMTP_TIMEOUT_S="3")
    task = export()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.mail_resent, row.note) == (SUCCEEDED, True, None)
    assert world.postbox.tries == 2
    assert len({mail["Message-ID"] for mail in world.mails_of(task)}) == 1


def test_two_uncertain_ends_are_not_followed_by_a_third_try(world, export):
    world.postbox.answers = [DROP, DROP]
    world.start_consumer()
    task = export()
    world.settle()

    row = Task.get_by_id(task.id)
    assert row.state == SUCCEEDED
    assert row.note == "The connection was lost twice after the mail had left; it may have arrived."
    assert world.postbox.tries == 2


def test_without_a_mail_server_the_mail_lies_in_the_outbox(world, export):
    world.start_consumer(MAIL_SERVER="")
    task = export()
    world.settle()

    letter = email.message_from_bytes(task.letter.read_bytes(), policy=email.policy.default)
    assert letter["Message-ID"] == f"<export-{task.id}@127.0.0.1>"
    [attached] = letter.iter_attachments()
    assert attached.get_content() == task.file.read_bytes()
    assert (Task.get_by_id(task.id).state, Task.get_by_id(task.id).note) == (SUCCEEDED, None)


def test_a_task_whose_mail_waits_can_be_cancelled(world, export):
    world.postbox.answers = [SILENT]
    task = export()
    Task.update(phase=MAILING, progress=99).where(Task.id == task.id).execute()
    assert Task.get_by_id(task.id).state == QUEUED

    Task.get_by_id(task.id).cancel()

    world.assert_promise_kept()


def test_kills_before_the_mail_left_are_not_taken_for_uncertain_ends(world, export):
    world.postbox.answers = [HANG] * 2
    world.postbox.at_recipient = True
    task = export()
    for tries in (1, 2):
        consumer = world.start_consumer()
        world.wait_for(lambda tries=tries: world.postbox.tries == tries)
        consumer.kill()
        consumer.wait()

    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.note, row.mail_attempts, row.mail_resent) == (SUCCEEDED, None, 3, False)
    assert len(world.mails_of(task)) == 1


def cancel(task):
    """As a page would, from a thread of its own."""
    with connected():
        Task.get_by_id(task.id).cancel()


def test_a_mail_that_is_being_sent_can_be_cancelled(world, export):
    world.postbox.answers = ["450 later"]
    world.postbox.at_recipient = True
    task = export()
    world.postbox.on_recipient = lambda: cancel(task)
    world.start_consumer()
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.file_expires_at) == (CANCELLED, None)
    assert world.postbox.mails == []
    assert not task.file.exists()

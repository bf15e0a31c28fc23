"""What a mail server can do to us; the export has succeeded, and its file is there, whatever it does."""

import subprocess
import sys

import pytest

from microblog.base.database import connected
from microblog.exports import expiry
from microblog.mail import outbox_files
from microblog.mail.retries import UNCERTAIN_TWICE
from microblog.mail.smtp import ADDRESS_REFUSED, UNREACHABLE
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.postbox import DROP, HANG, SILENT
from tests.end_to_end.running_site import free_port
from tests.end_to_end.small_disk import small_disk
from tests.end_to_end.world import HOLD_THE_LOCK, fill

LATE = b"The mail may have left already."


@pytest.fixture
def export(world, susan):
    fill(susan, 3)
    return lambda: world.export(susan)


def mail_of(task):
    return Task.get_by_id(task.id).mail


@pytest.mark.parametrize("answer", ["450 later", "451 later", "421 too busy"])
@pytest.mark.parametrize("at_recipient", [True, False])
def test_a_passing_refusal_is_tried_again(world, export, answer, at_recipient):
    world.postbox.answers = [answer, answer]
    world.postbox.at_recipient = at_recipient
    world.start_consumer()
    task = export()
    world.settle()

    mail = mail_of(task)
    assert (mail.state, mail.attempts, mail.error) == (SUCCEEDED, 3, None)
    assert len(world.mails_of(task)) == 1


def test_while_the_mail_is_delayed_the_file_is_there_already(world, export, sign_in, susan):
    world.start_consumer(MAIL_PORT=str(free_port()))
    task = export()
    world.wait_for(lambda: (mail := mail_of(task)) and mail.error)

    row = Task.get_by_id(task.id)
    assert (row.state, row.progress) == (SUCCEEDED, 100)
    assert row.file_expires_at
    assert sign_in(susan).get(f"/tasks/{task.id}/download", buffered=True).status_code == 200
    world.settle()


def test_a_server_that_cannot_be_reached_fails_the_mail_alone(world, export, sign_in, susan):
    world.start_consumer(MAIL_PORT=str(free_port()))
    task = export()
    world.settle()

    mail = mail_of(task)
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert (mail.state, mail.attempts, mail.error) == (FAILED, 5, UNREACHABLE)
    page = sign_in(susan).get("/tasks").text
    assert page.count("The mail could not be sent: The mail server could not be reached.") == 2
    assert "Your export is ready" in page


def test_a_refused_address_is_not_tried_again(world, export):
    world.postbox.answers = ["550 no such user"]
    world.postbox.at_recipient = True
    world.start_consumer()
    task = export()
    world.settle()

    mail = mail_of(task)
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert (mail.state, mail.attempts, mail.error) == (FAILED, 1, ADDRESS_REFUSED)
    assert world.postbox.tries == 1


def test_a_mail_that_is_too_big_goes_out_with_a_link_instead(world, export):
    world.postbox.answers = ["552 too big"]
    world.start_consumer()
    task = export()
    world.settle()

    assert (mail_of(task).state, mail_of(task).attempts) == (SUCCEEDED, 1)
    [mail] = world.mails_of(task)
    assert list(mail.iter_attachments()) == []
    assert f"/tasks/{task.id}/download" in mail.get_body(("plain",)).get_content()


def test_that_a_mail_is_too_big_is_remembered_for_its_next_attempts(world, export):
    world.postbox.answers = ["552 too big", "450 later"]
    world.start_consumer()
    task = export()
    world.settle()

    [mail] = world.mails_of(task)
    assert list(mail.iter_attachments()) == []
    assert world.postbox.tries == 3


@pytest.mark.parametrize("fault", [SILENT, DROP])
def test_an_uncertain_end_is_followed_by_one_resend_with_the_same_id(world, export, fault):
    world.postbox.answers = [fault]
    world.start_consumer(SMTP_TIMEOUT_S="3")
    task = export()
    world.settle()

    mail = mail_of(task)
    assert (mail.state, mail.resent, mail.error) == (SUCCEEDED, True, None)
    assert world.postbox.tries == 2
    assert len({mail["Message-ID"] for mail in world.mails_of(task)}) == 1


def test_two_uncertain_ends_are_not_followed_by_a_third_try(world, export, sign_in, susan):
    world.postbox.answers = [DROP, DROP]
    world.start_consumer()
    task = export()
    world.settle()

    mail = mail_of(task)
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert (mail.state, mail.error) == (FAILED, UNCERTAIN_TWICE)
    assert world.postbox.tries == 2
    page = sign_in(susan).get("/tasks").text
    assert UNCERTAIN_TWICE in page
    assert "could not be sent" not in page, "nobody knows that"


def test_without_a_mail_server_the_mail_lies_in_the_outbox(world, export, sign_in, susan):
    world.start_consumer(MAIL_SERVER="")
    task = export()
    world.settle()

    mail = mail_of(task)
    assert (mail.state, mail.sent_at) == (SUCCEEDED, None)
    message = outbox_files.read(mail.id).message
    assert message["Message-ID"] == f"<export-{task.id}@127.0.0.1>"
    [attached] = message.iter_attachments()
    assert attached.get_content() == task.file.read_bytes()
    page = sign_in(susan).get("/tasks").text
    assert "The administrator has the mail" in page
    assert "Mailed to" not in page


def test_a_mail_in_the_outbox_goes_with_its_file(world, export, sign_in, susan):
    world.start_consumer(MAIL_SERVER="")
    task = export()
    world.settle()

    sign_in(susan).post_form(f"/tasks/{task.id}/delete")

    assert list((world.settings.data_dir / "outbox").iterdir()) == []
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

    mail = mail_of(task)
    assert (mail.state, mail.error, mail.attempts, mail.resent) == (SUCCEEDED, None, 3, False)
    assert len(world.mails_of(task)) == 1


# Who cancels, deletes or loses the file meanwhile


def in_a_thread(act, task):
    """Do what a page would, from a thread of the mail server's."""
    with connected():
        act(Task.get_by_id(task.id))


def test_what_was_published_is_not_cancelled_any_more(world, export, sign_in, susan):
    world.start_consumer(MAIL_PORT=str(free_port()), MAIL_PAUSE_S="60")
    task = export()
    world.wait_for(lambda: (mail := mail_of(task)) and mail.error)

    browser = sign_in(susan)
    page = browser.post_form(f"/tasks/{task.id}/cancel", follow_redirects=True)

    assert b"It was ready already." in page.data
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert browser.get(f"/tasks/{task.id}/download", buffered=True).status_code == 200
    assert mail_of(task).state == QUEUED
    browser.post_form(f"/tasks/{task.id}/delete")
    world.settle()


def test_a_mail_that_is_being_sent_is_withdrawn_with_its_file(world, export):
    """Before the end of its data its connection is dropped: it does not leave."""
    world.postbox.answers = ["250 go on"]
    world.postbox.at_recipient = True
    task = export()
    world.postbox.on_recipient = lambda: in_a_thread(expiry.delete_file, task)
    world.start_consumer()
    world.wait_for(lambda: (mail := mail_of(task)) and mail.complete)
    world.wait_for(lambda: "is not ours any more" in world.log_text())
    world.settle()

    assert (Task.get_by_id(task.id).state, mail_of(task).state) == (SUCCEEDED, CANCELLED)
    assert not mail_of(task).may_have_left
    assert (world.postbox.tries, world.postbox.mails) == (1, [])


def test_a_mail_that_waits_is_withdrawn_with_its_file(world, export, sign_in, susan):
    world.start_consumer(MAIL_PORT=str(free_port()), MAIL_PAUSE_S="60")
    task = export()
    world.wait_for(lambda: (mail := mail_of(task)) and mail.error)

    page = sign_in(susan).post_form(f"/tasks/{task.id}/delete", follow_redirects=True)

    assert LATE not in page.data
    world.settle()
    assert mail_of(task).state == CANCELLED


@pytest.mark.parametrize("answers", [[DROP], [DROP, "450 later"]])
def test_whoever_deletes_after_an_uncertain_end_is_told_that_the_mail_may_have_left(
    world, export, sign_in, susan, answers
):
    """Also if another attempt has ended certainly since."""
    world.postbox.answers = [*answers, *["450 later"] * 9]
    world.start_consumer(MAIL_PAUSE_S="60" if len(answers) == 1 else "2")
    task = export()
    world.wait_for(lambda: world.postbox.tries == len(answers))
    world.wait_for(lambda: mail_of(task).state == QUEUED)

    browser = sign_in(susan)
    page = browser.post_form(f"/tasks/{task.id}/delete", follow_redirects=True)

    assert page.data.count(LATE) == 2, "as a message, and in the line of the export"
    assert LATE in browser.get("/tasks").data
    world.settle()
    assert (mail_of(task).state, len(world.mails_of(task))) == (CANCELLED, 1)


def test_whoever_deletes_while_the_server_takes_the_mail_is_told_that_it_may_have_left(
    world, export, sign_in, susan
):
    world.postbox.answers = [SILENT]
    world.start_consumer(SMTP_TIMEOUT_S="6")
    task = export()
    world.wait_for(lambda: world.postbox.tries == 1)
    assert mail_of(task).state == RUNNING

    page = sign_in(susan).post_form(f"/tasks/{task.id}/delete", follow_redirects=True)

    assert LATE in page.data
    world.wait_for(lambda: "is not ours any more" in world.log_text())
    world.settle()
    assert (mail_of(task).state, world.postbox.tries) == (CANCELLED, 1)


@pytest.mark.parametrize("full", [False, True], ids=["", "disk full"])
def test_a_file_that_disappears_while_its_mail_waits_is_offered_no_more(world, export, sign_in, susan, full):
    """It is not written again: its offer ends, and its mail is withdrawn."""
    folder = world.settings.data_dir / "exports"
    with small_disk(folder, "64k"):
        world.start_consumer(MAIL_PORT=str(free_port()), MAIL_PAUSE_S="3")
        task = export()
        world.wait_for(lambda: (mail := mail_of(task)) and mail.error == UNREACHABLE)
        task.file.unlink()
        if full:
            with pytest.raises(OSError, match="space"):
                (folder / "ballast").write_bytes(b"x" * 128 * 1024)

        world.wait_for(lambda: mail_of(task).complete)

        row = Task.get_by_id(task.id)
        assert (row.state, row.file_expires_at, row.mail.state) == (SUCCEEDED, None, CANCELLED)
        browser = sign_in(susan)
        page = browser.get("/tasks").text
        assert "Your export is ready" not in page
        assert "Download" not in page
        assert browser.get(f"/tasks/{task.id}/download").status_code == 404
        world.settle()
    assert world.postbox.mails == []


# What has been accepted has been sent


def test_a_mail_that_was_accepted_while_the_database_was_locked_has_succeeded(world, export):
    path = world.settings.data_dir / "microblog.db"
    lockers = []

    def lock():
        command = [sys.executable, "-c", HOLD_THE_LOCK, path]
        lockers.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        assert lockers[-1].stdout.readline() == b"locked\n"

    world.postbox.on_accept = lock
    world.start_consumer()
    task = export()
    world.wait_for(lambda: lockers and lockers[0].poll() is not None)
    lockers[0].stdout.close()
    world.settle()

    mail = mail_of(task)
    assert (mail.state, mail.attempts, mail.resent) == (SUCCEEDED, 1, False)
    assert len(world.mails_of(task)) == 1


def test_a_mail_that_was_accepted_on_its_last_try_has_succeeded(world, export):
    world.postbox.answers = ["450 later"] * 4
    world.start_consumer()
    task = export()
    world.settle()

    mail = mail_of(task)
    assert (mail.state, mail.error, mail.attempts) == (SUCCEEDED, None, 5)

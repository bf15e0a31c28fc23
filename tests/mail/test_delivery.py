"""The row of a mail: attempts, uncertain ends, withdrawal."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from peewee import OperationalError, sqlite3

from microblog.base import clock
from microblog.base.database import FILE_NAME, db
from microblog.mail import smtp
from microblog.mail.exceptions import MailDelayed, MailRefused
from microblog.mail.mail import Mail
from microblog.mail.retries import UNCERTAIN_TWICE
from microblog.tasks import reconciler
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED
from microblog.tasks.worker import BROKEN, BUSY


@pytest.fixture
def send(app, susan, monkeypatch):
    """A function that sends susan a mail, *answer* being what the mail server makes of it."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")

    def send(answer):
        monkeypatch.setattr(smtp, "send", answer)
        return Mail.get_by_id(Mail.send("email_changed", susan.email, user=susan).id)

    return send


@pytest.fixture
def other(app, settings):
    """Somebody else's connection, which can lock the database; ours does not wait for long."""
    db.execute_sql("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(settings.data_dir / FILE_NAME, isolation_level=None)
    yield other
    other.close()


def accept(_message, before_data_end):
    before_data_end()


def try_again(mail):
    """Let its pause be over."""
    Mail.update(run_after=clock.now()).where(Mail.state == QUEUED).execute()
    reconciler.reconcile()
    return Mail.get_by_id(mail.id)


def test_an_accepted_mail_has_been_sent(send, susan):
    mail = send(accept)

    assert (mail.state, mail.recipient, mail.attempts) == (SUCCEEDED, susan.email, 1)
    assert mail.sent_at >= mail.sending_at


def test_a_delayed_mail_is_tried_five_times_within_an_hour(send):
    mail = send(Mock(side_effect=MailDelayed("The mail server could not be reached.")))
    waits = []
    while mail.state == QUEUED:
        waits.append(mail.run_after - clock.now())
        mail = try_again(mail)

    assert (mail.state, mail.attempts) == (FAILED, 5)
    assert mail.error == "The mail server could not be reached."
    assert sum(waits, timedelta()) < timedelta(hours=1)


def test_a_refused_mail_is_not_tried_again(send):
    mail = send(Mock(side_effect=MailRefused("The mail server refused the address.")))

    assert (mail.state, mail.attempts, mail.sending_at) == (FAILED, 1, None)


def test_an_uncertain_end_is_followed_by_one_more_attempt_only(send):
    tries = []

    def break_off(message, before_data_end):
        tries.append(message.msgId)
        before_data_end()
        raise MailDelayed("The mail server broke off the connection.", uncertain=True)

    mail = send(break_off)
    assert mail.sending_at
    while mail.state == QUEUED:
        mail = try_again(mail)

    assert len(tries) == 2
    assert len(set(tries)) == 1
    assert (mail.state, mail.error) == (FAILED, UNCERTAIN_TWICE)


def test_a_mail_whose_acceptance_could_not_be_recorded_is_sent_once_more_at_most(send, other):
    sent = []

    def lock_after(_message, before_data_end):
        before_data_end()
        sent.append(1)
        other.execute("BEGIN IMMEDIATE")

    mail = send(lock_after)
    assert mail.state == RUNNING
    for _ in range(3):
        if other.in_transaction:
            other.execute("COMMIT")
        reconciler.reconcile()
        mail = try_again(mail)

    assert len(sent) == 2
    assert (mail.state, mail.error) == (FAILED, UNCERTAIN_TWICE)
    assert mail.crash_count == 0


def test_an_unforeseen_error_fails_in_plain_words(send, logged_errors):
    mail = send(Mock(side_effect=KeyError("x")))

    assert (mail.state, mail.error) == (FAILED, BROKEN)
    logged_errors.clear()


def test_a_busy_database_delays_a_mail(send, other):
    def lock_before(_message, before_data_end):
        other.execute("BEGIN IMMEDIATE")
        before_data_end()

    mail = send(lock_before)
    other.execute("COMMIT")
    reconciler.reconcile()

    mail = Mail.get_by_id(mail.id)
    assert (mail.state, mail.error, mail.sending_at) == (QUEUED, BUSY, None)


def test_a_withdrawn_mail_does_not_leave(send):
    left = []

    def withdraw_meanwhile(_message, before_data_end):
        Mail.get().withdraw()
        before_data_end()
        left.append(1)

    mail = send(withdraw_meanwhile)

    assert left == []
    assert (mail.state, mail.recipient, mail.may_have_left) == (CANCELLED, "", False)


def test_a_mail_that_is_withdrawn_after_an_uncertain_end_may_have_left(send):
    def break_off(_message, before_data_end):
        before_data_end()
        raise MailDelayed("The mail server broke off the connection.", uncertain=True)

    mail = send(break_off)
    mail.withdraw()

    assert Mail.get_by_id(mail.id).may_have_left


def test_a_mail_that_was_sent_cannot_be_withdrawn(send):
    mail = send(accept)

    mail.withdraw()

    assert Mail.get_by_id(mail.id).state == SUCCEEDED


def test_a_mail_that_another_consumer_claimed_does_not_leave(send):
    left = []

    def lose_claim(_message, before_data_end):
        Mail.update(consumer_id="another").execute()
        before_data_end()
        left.append(1)

    mail = send(lose_claim)

    assert left == []
    assert mail.state == RUNNING


def test_without_a_mail_server_a_mail_lies_in_the_outbox_until_it_is_withdrawn(app, susan):
    mail = Mail.get_by_id(Mail.send("email_changed", susan.email, user=susan).id)
    assert (mail.state, mail.sent_at, mail.is_in_outbox) == (SUCCEEDED, None, True)

    mail.withdraw()

    assert not mail.is_in_outbox


def test_what_was_accepted_has_been_sent_though_the_database_was_busy_for_a_moment(send, monkeypatch):
    finish, refused = Mail.finish, []

    def be_busy_once(mail, state, **values):
        if not refused:
            refused.append(state)
            raise OperationalError("database is locked")
        finish(mail, state, **values)

    monkeypatch.setattr(Mail, "finish", be_busy_once)

    mail = send(accept)

    assert (refused, mail.state, mail.attempts) == ([SUCCEEDED], SUCCEEDED, 1)


def test_a_failed_mail_that_had_an_uncertain_end_may_have_left(send):
    answers = [True, False, False, False, False]

    def answer(_message, before_data_end):
        before_data_end()
        raise MailDelayed("The mail server could not be reached.", uncertain=answers.pop(0))

    mail = send(answer)
    while mail.state == QUEUED:
        mail = try_again(mail)

    assert (mail.state, mail.sending_at, mail.may_have_left) == (FAILED, None, True)

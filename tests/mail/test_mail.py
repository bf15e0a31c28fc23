import smtplib
from pathlib import Path

import pytest

from microblog.base import clock
from microblog.base.error_codes import OUT_OF_SPACE
from microblog.mail import outbox_files, smtp, templates
from microblog.mail.delivery import send_test
from microblog.mail.exceptions import MailDelayed, MailRefused, TooBig
from microblog.mail.mail import Mail
from microblog.tasks.exceptions import ClaimLost
from microblog.tasks.queue import huey
from microblog.tasks.states import QUEUED, SUCCEEDED
from tests.end_to_end.postbox import Postbox


class AnsweringTheSender(Postbox):
    """Gives its next answer already to the MAIL command."""

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        return self.answers.pop(0)


@pytest.fixture(params=[Postbox, AnsweringTheSender])
def postbox(app, request, monkeypatch):
    with request.param() as postbox:
        monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
        app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", postbox.port
        yield postbox


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("450 later", MailDelayed, smtp.LATER),
        ("500 after the dot or before", MailRefused, smtp.MAIL_REFUSED),
        ("550 no", MailRefused, smtp.MAIL_REFUSED),
        ("552 too big", TooBig, smtp.MAIL_REFUSED),
        ("554 no", MailRefused, smtp.MAIL_REFUSED),
    ],
)
def test_an_answer_to_the_sender_or_to_the_mail_means_the_same(app, postbox, answer, kind, words):
    postbox.answers = [answer]

    with app.app_context(), pytest.raises((MailDelayed, MailRefused)) as caught:
        send_test("susan@example.org")

    assert (type(caught.value), str(caught.value)) == (kind, words)
    assert not caught.value.uncertain
    assert postbox.mails == []


def give_up():
    raise ClaimLost


def begin_and_give_up(message):
    with smtp.mail.connect() as connection:
        connection.host.before_data_end = give_up
        connection.send(message)


def test_who_gives_up_before_the_mail_left_does_not_wait_for_a_good_bye(app, monkeypatch):
    """The server waits for the rest of the mail, and would take QUIT for a part of it."""
    quits = []
    monkeypatch.setattr(smtplib.SMTP, "quit", lambda smtp: quits.append(smtp))
    with Postbox() as postbox, app.app_context():
        app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", postbox.port
        message = templates.compose("test", "Test", "susan@example.org", "id", clock.now())
        with pytest.raises(ClaimLost):
            begin_and_give_up(message)

    assert quits == []
    assert postbox.mails == []


# The outbox


@pytest.fixture
def waiting(susan):
    """A mail that has not been enqueued."""
    return Mail.create(kind="email_changed", recipient=susan.email, user=susan)


def no_space(folder, mail):
    folder.mkdir()
    draft = outbox_files.path_of(mail.id).with_suffix(".part")
    draft.symlink_to("/dev/full")
    return draft


def file_in_the_way(folder, _mail):
    folder.touch()
    return folder


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize(
    ("hinder", "reason"), [(no_space, OUT_OF_SPACE), (file_in_the_way, outbox_files.NOT_WRITTEN)]
)
def test_a_mail_that_cannot_be_written_is_tried_again_and_leaves_no_half(waiting, later, hinder, reason):
    obstacle = hinder(outbox_files.path_of(waiting.id).parent, waiting)

    huey.enqueue_item(waiting)

    row = Mail.get_by_id(waiting.id)
    assert (row.state, row.error) == (QUEUED, reason)
    assert list(outbox_files.path_of(waiting.id).parent.glob("*")) == []
    obstacle.unlink(missing_ok=True)
    later(minutes=1)
    huey.enqueue_item(row)
    assert Mail.get_by_id(row.id).state == SUCCEEDED
    assert Mail.get_by_id(row.id).is_in_outbox

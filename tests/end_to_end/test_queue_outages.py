"""The queue stopped, emptied, killed, hung, doubled, forged: the site works on and no task is lost."""

import pickle
import signal
import socket
import threading
import time
import uuid
from hashlib import sha256

import pytest
from huey.registry import Message
from itsdangerous import Signer

from microblog.mail.mail import Mail
from microblog.tasks.queue import huey
from microblog.tasks.states import QUEUED, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.running_site import PATIENCE_S
from tests.end_to_end.world import fill

SLOW = {"EXPORT_DELAY_S": "0.02"}
SKIPPED = "skipped a queue message of another version or program"


@pytest.fixture
def susans_browser(world, susan, sign_in):
    fill(susan, 3)
    return sign_in(susan)


def test_queue_down_at_the_click(world, susan, susans_browser):
    world.start_consumer()
    world.kill_queue()

    response = susans_browser.post_form("/export_posts")

    assert response.status_code == 302
    assert Task.for_user(susan).get().state == QUEUED
    assert not huey.takes_messages
    assert b"Waiting for the background worker" in susans_browser.get("/").data
    world.start_queue()
    world.settle()
    assert huey.takes_messages
    assert len(world.postbox.mails) == 1


def test_queue_emptied_with_a_task_queued(world, susan):
    fill(susan, 3)
    world.export(susan)
    world.empty_queue()

    world.start_consumer()
    world.settle()

    assert len(world.postbox.mails) == 1


def test_queue_killed_as_a_job_ends(world, susan):
    fill(susan, 40)
    world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 30)

    world.kill_queue()
    world.wait_for(lambda: Task.get_by_id(task.id).complete)

    assert Task.get_by_id(task.id).state == SUCCEEDED
    world.start_queue()
    world.settle()
    assert len(world.mails_of(task)) == 1
    # Huey asks the queue about each message that it has worked on.
    assert world.log_text().count("the queue does not answer") == 1
    assert "Traceback" not in world.log_text()


def test_an_outage_is_one_line_a_minute_and_no_traceback(world, susan):
    consumer = world.start_consumer()
    world.kill_queue()
    world.wait_for(lambda: "the queue does not answer" in world.log_text())
    # Longer than the pause of three workers, the scheduler and the reconciler between two attempts.
    end_of_silence = time.monotonic() + 3
    world.wait_for(lambda: time.monotonic() > end_of_silence)
    world.start_queue()

    world.export(susan)
    world.settle()

    assert consumer.poll() is None
    assert world.log_text().count("the queue does not answer") == 1
    assert "Traceback" not in world.log_text()


def test_a_hung_queue_does_not_hang_the_click(world, susans_browser):
    world.start_consumer()
    world.queue.send_signal(signal.SIGSTOP)
    wakes_up = threading.Timer(PATIENCE_S, lambda: world.queue.send_signal(signal.SIGCONT))
    wakes_up.start()

    response = susans_browser.post_form("/export_posts")

    assert response.status_code == 302
    assert wakes_up.is_alive(), "the click waited for the queue"
    wakes_up.cancel()
    world.queue.send_signal(signal.SIGCONT)
    world.settle()
    assert len(world.postbox.mails) == 1


def test_the_reply_to_a_push_is_swallowed(app, world, susan):
    """The push arrived, but the web process cannot know: the task is enqueued again, and done once."""
    fill(susan, 3)
    with DeafProxy(world.socket) as proxy:
        huey.init_app(app, f"redis://127.0.0.1:{proxy.port}", app.secret_key, world.settings.data_dir / "run")
        huey.storage.conn.ping()
        proxy.swallow = True
        task = world.export(susan)
    huey.init_app(app, world.settings.queue_url, app.secret_key, world.settings.data_dir / "run")
    assert huey.queued_ids() == {task.id}

    world.start_consumer()
    world.settle()

    assert len(world.mails_of(task)) == 1


def test_fifty_doubled_messages_make_one_file_and_one_mail(world, susan):
    fill(susan, 40)
    task = world.export(susan)
    [message] = huey.pending()
    for _ in range(50):
        huey.enqueue(message)

    world.start_consumer(**SLOW)
    world.start_consumer(**SLOW)
    world.settle()

    assert Task.get_by_id(task.id).attempts == 1
    assert len(world.mails_of(task)) == 1


@pytest.mark.asvs("9.1.1", "9.1.2", "9.1.3", "9.2.1")
def test_forged_broken_and_unknown_messages_are_dropped(world, susan, tmp_path):
    fill(susan, 3)
    mark = tmp_path / "unpickled"
    forged = b"cposix\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR."
    for data in (forged, forged + b":" + b"0" * 40, b"", b"\x80\x05garbage:", b"x" * 100_000):
        huey.storage.enqueue(data)
    # Signed by us all the same: with the key alone nobody runs code of theirs.
    signer = Signer(world.settings.secret_key, salt="microblog.queue", digest_method=sha256)
    huey.storage.enqueue(signer.sign(forged))
    for unknown in (["no_such_job", "id"], ["export_posts"], {}, None, 5, [[], "id"]):
        huey.storage.enqueue(huey.serializer.serialize(unknown))

    world.start_consumer()
    task = world.export(susan)
    world.settle()

    assert not mark.exists()
    assert len(world.mails_of(task)) == 1
    assert world.log_text().count(SKIPPED) == 12
    assert "Traceback" not in world.log_text()


def test_messages_of_before_the_upgrade_are_skipped_once_and_their_rows_enqueued_anew(world, susan):
    """They are pickles, named and signed as they were then; their rows have been kept."""
    fill(susan, 3)
    task, mail = world.export(susan), Mail.send("reset_password", susan.email_key)
    world.empty_queue()
    for salt in "microblog.envelope", "microblog.queue":
        former = Signer(world.settings.secret_key, salt=salt, digest_method=sha256)
        for item, name, priority in (task, "export_posts", 0), (mail, "deliver", 10):
            huey.storage.enqueue(former.sign(pickle.dumps(former_message(item.id, name, priority))), priority)
    assert huey.queued_ids() == set()
    assert huey.pending_count() == 4

    world.start_consumer()
    world.settle()

    assert world.log_text().count(SKIPPED) == 4
    assert "Traceback" not in world.log_text()
    assert Task.get_by_id(task.id).attempts == Mail.get_by_id(mail.id).attempts == 1
    assert len(world.mails_of(task)) == len(world.copies_of(mail)) == 1


def former_message(row_id, name, priority):
    """A queue message as the version before made it, for a row that it had."""
    fields = dict.fromkeys(Message._fields)
    fields.update(id=row_id, name=f"microblog.jobs.{name}", priority=priority)
    return Message(**{**fields, "retries": 0, "retry_delay": 0, "args": (), "kwargs": {}, "retry_backoff": 0})


def test_a_message_for_a_row_that_never_was_is_left_alone(world, susan):
    fill(susan, 3)
    task = world.export(susan)
    [message] = huey.pending()
    message.id = str(uuid.uuid4())
    huey.enqueue(message)

    world.start_consumer()
    world.settle()

    assert [row.id for row in Task.for_user(susan)] == [task.id]


class DeafProxy:
    """A TCP proxy in front of the queue that can pass on requests and swallow the replies."""

    def __init__(self, path):
        self.path = str(path)
        self.swallow = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in [self.listener, *self.sockets]:
            each.close()

    def _accept(self):
        while True:
            try:
                near, _address = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.path)
            self.sockets += [near, far]
            threading.Thread(target=self._pass, args=(near, far, lambda: True), daemon=True).start()
            threading.Thread(
                target=self._pass, args=(far, near, lambda: not self.swallow), daemon=True
            ).start()

    @staticmethod
    def _pass(source, target, wanted):
        try:
            while data := source.recv(65536):
                if wanted():
                    target.sendall(data)
        except OSError:
            return

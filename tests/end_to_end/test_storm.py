"""People click while all that can be killed, emptied or refused is; then the check of the other tests."""

import dataclasses
import random
import signal
import threading
import time
from contextlib import suppress

import pytest

from microblog import accounts
from microblog.mail.mail import Mail
from microblog.mail.retries import UNCERTAIN_TWICE
from microblog.mail.smtp import BROKEN_OFF, LATER, MAIL_REFUSED, UNREACHABLE
from microblog.models import Post, User
from microblog.tasks.crash_recovery import WORKER_STOPPED
from microblog.tasks.exceptions import TaskInProgress
from microblog.tasks.states import CANCELLED, FAILED
from microblog.tasks.task import Task
from tests.conftest import make_user
from tests.end_to_end import faulty_jobs
from tests.end_to_end.postbox import ACCEPT, DROP, SILENT
from tests.end_to_end.world import fill

PEOPLE = 6
MOST_CONSUMERS = 2
# Why a task or a mail may fail in a storm: for no other reason.
REASONS = {WORKER_STOPPED, UNCERTAIN_TWICE, BROKEN_OFF, LATER, MAIL_REFUSED, UNREACHABLE}
ANSWERS = {ACCEPT: 10, "450 later": 3, "421 busy": 2, "550 no": 1, "552 too big": 2, DROP: 3, SILENT: 1}
CONSUMER = {"EXPORT_DELAY_S": "0.005", "SMTP_TIMEOUT_S": "1"}


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, rate_limits=False)


class Moods:
    """The answers of a mail server that does what it likes."""

    def __init__(self, draw):
        self.draw = draw

    def __bool__(self):
        return True

    def pop(self, _index):
        [answer] = self.draw.choices([*ANSWERS], [*ANSWERS.values()])
        return answer


class Storm:
    """What people do, and what happens to the processes, drawn by a seed."""

    def __init__(self, world, sign_in, seed):
        self.world, self.sign_in = world, sign_in
        self.draw = random.Random(seed)
        self.people = []
        self.joined = self.written = 0
        # Ids of all tasks that were accepted, and the states in which they ended; both of who has not left.
        self.accepted = set()
        self.ended = {}
        self.kinds = {
            self.click: 12, self.ask_for_a_link: 4, self.cancel: 3, self.try_again: 2, self.delete_a_file: 2,
            self.download: 2, self.dismiss: 1, self.post: 2, self.leave: 0.4, self.launch_what_aborts: 0.3,
            self.kill_a_consumer: 1.5, self.stop_a_consumer: 0.7, self.start_a_consumer: 4,
            self.empty_the_queue: 1, self.kill_the_queue: 0.5, self.hang_the_queue: 0.2,
        }  # fmt: skip

    def rage(self, seconds):
        """Do one thing after the other for so long."""
        for _ in range(PEOPLE):
            self.join()
        self.world.postbox.answers = Moods(self.draw)
        self.world.start_consumer(**CONSUMER)
        end = time.monotonic() + seconds
        pause = threading.Event()
        while time.monotonic() < end:
            [act] = self.draw.choices([*self.kinds], [*self.kinds.values()])
            act()
            self.look()
            # People take their time.
            pause.wait(self.draw.uniform(0, 0.1))

    def calm_down(self):
        """Start what is missing, let everything end and check it all."""
        self.world.postbox.answers = []
        # What aborts takes up to three of them.
        while self.world.unfinished():
            if not self.consumers():
                self.world.start_consumer(wait=False, **CONSUMER)
            self.world.wait_for(lambda: not self.world.unfinished() or not self.consumers())
        self.world.settle()
        self.look()
        assert self.accepted == self.ended.keys()
        for row in (*Task.select(), *Mail.select()):
            assert row.state != FAILED or row.error in REASONS
        assert "Traceback" not in self.world.log_text()

    def look(self):
        """Remember who was accepted and how it ended: neither may change any more."""
        states = {task.id: task.state for task in Task.select() if task.complete}
        for task_id, state in self.ended.items():
            assert states.get(task_id) == state
        self.ended |= {task_id: state for task_id, state in states.items() if task_id in self.accepted}

    # What people do

    def join(self):
        self.joined += 1
        user = make_user(f"person{self.joined}")
        fill(user, self.draw.randrange(60))
        self.people.append((user, self.sign_in(user)))

    def leave(self):
        user, _browser = self.people.pop(self.draw.randrange(len(self.people)))
        gone = {task.id for task in Task.for_user(user)}
        accounts.delete(User.get_by_id(user.id))
        self.accepted -= gone
        self.ended = {task_id: state for task_id, state in self.ended.items() if task_id not in gone}
        self.join()

    def click(self):
        user, browser = self.draw.choice(self.people)
        assert browser.post_form("/export_posts").status_code == 302
        self.accepted |= {task.id for task in Task.for_user(user)}

    def launch_what_aborts(self):
        user, _browser = self.draw.choice(self.people)
        with suppress(TaskInProgress):
            self.accepted.add(Task.launch(faulty_jobs.abort, user, "Aborting...").id)

    def ask_for_a_link(self):
        user, browser = self.draw.choice(self.people)
        Mail.send("reset_password", user.email_key)
        assert browser.get("/tasks").status_code == 200

    def cancel(self):
        self.act_on_a_task("cancel", Task.finished_at.is_null())

    def try_again(self):
        for user in self.act_on_a_task("retry", Task.state.in_((FAILED, CANCELLED))):
            self.accepted |= {task.id for task in Task.for_user(user)}

    def delete_a_file(self):
        self.act_on_a_task("delete", Task.file_expires_at.is_null(False))

    def dismiss(self):
        self.act_on_a_task("dismiss", Task.finished_at.is_null(False))

    def act_on_a_task(self, verb, condition):
        """Who did, a list of at most one user."""
        user, browser = self.draw.choice(self.people)
        tasks = list(Task.for_user(user).where(condition))
        if not tasks:
            return []
        response = browser.post_form(f"/tasks/{self.draw.choice(tasks).id}/{verb}")
        assert response.status_code in (302, 409)
        return [user]

    def download(self):
        user, browser = self.draw.choice(self.people)
        for task in Task.for_user(user).where(Task.file_expires_at.is_null(False)).limit(1):
            response = browser.get(f"/tasks/{task.id}/download", buffered=True)
            assert (response.status_code, len(response.data)) == (200, task.result["size_bytes"])

    def post(self):
        user, _browser = self.draw.choice(self.people)
        self.written += 1
        Post.create(author=user, body=f"number {self.written}")

    # What happens to the processes

    def consumers(self):
        return [consumer for consumer in self.world.consumers if consumer.poll() is None]

    def start_a_consumer(self):
        if len(self.consumers()) < MOST_CONSUMERS:
            self.world.start_consumer(wait=False, **CONSUMER)

    def kill_a_consumer(self):
        self.signal_a_consumer(signal.SIGKILL)

    def stop_a_consumer(self):
        self.signal_a_consumer(signal.SIGTERM)

    def signal_a_consumer(self, how):
        for consumer in self.draw.sample(self.consumers(), min(1, len(self.consumers()))):
            consumer.send_signal(how)

    def empty_the_queue(self):
        self.world.empty_queue()

    def kill_the_queue(self):
        self.world.kill_queue()
        self.click()
        self.world.start_queue()

    def hang_the_queue(self):
        self.world.queue.send_signal(signal.SIGSTOP)
        self.click()
        self.world.queue.send_signal(signal.SIGCONT)


def rage(world, sign_in, seed, seconds):
    storm = Storm(world, sign_in, seed)
    storm.rage(seconds)
    storm.calm_down()
    assert Task.select().count() > seconds / 4


def test_a_short_storm_loses_nothing(world, sign_in):
    rage(world, sign_in, seed=0, seconds=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_loses_nothing(world, sign_in, seed):
    rage(world, sign_in, seed, seconds=60)

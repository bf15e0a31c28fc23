"""A site whose web server, queue server and consumers are real processes, and the final check."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from microblog.base.clock import in_microseconds
from microblog.base.config import ROOT
from microblog.base.database import db
from microblog.exports import export_posts
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.models import Post
from microblog.server import queue_server
from microblog.tasks.queue import huey
from microblog.tasks.states import CANCELLED, FAILED, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end import forking
from tests.end_to_end.running_site import (
    NO_SETTINGS,
    PATIENCE_S,
    free_port,
    living_processes,
    parent_of,
    wait_until,
)
from tests.posts import insert_posts

OPTIONS = ["-k", "thread", "-w", "3", "-g", "TERM", "-t", "2", "-m", "0.2"]
COMMAND = [str(Path(sys.executable).with_name("huey_consumer")), "tests.end_to_end.consumer.huey", *OPTIONS]
HOLD_THE_LOCK = """
import sys, time
from peewee import sqlite3
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(4)
database.execute("COMMIT")
"""


class World:
    """One data folder with a queue server and any number of consumers; the test starts what it needs."""

    def __init__(self, settings, postbox=None):
        self.settings = settings
        self.postbox = postbox
        self.consumers = []
        self.queue = self.web = None
        self.socket = queue_server.socket_path(settings)
        self.log = settings.data_dir.with_name("consumer.log")
        self.web_log = settings.data_dir.with_name("web.log")

    def start_queue(self):
        """Start a new queue server on the same socket as before."""
        for folder in ("run", "queue"):
            (self.settings.data_dir / folder).mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self.queue = subprocess.Popen(queue_server.command(self.settings, self.socket))
        queue_server.publish(self.settings, self.socket)
        wait_until(self.socket.exists)

    def kill_queue(self):
        self.queue.kill()
        self.queue.wait()

    def empty_queue(self):
        huey.flush()

    def start_consumer(self, wait=True, **environment):
        """Start another consumer; returns its process, with *wait* once it is alive."""
        before = len(huey.lock.living())
        consumer = forking.Consumer(COMMAND, self._environment(**environment), self.log)
        self.consumers.append(consumer)
        if wait:
            wait_until(lambda: len(huey.lock.living()) > before, self.log.read_text)
        return consumer

    def start_web(self):
        """Start the web server and wait until it answers; returns the site's URL."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        own = {"PORT": str(port), "WEB_CONCURRENCY": "1", "RATE_LIMITS": "off"}
        with self.web_log.open("a") as log:
            command = [sys.executable, "-m", "microblog", "web"]
            self.web = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(**own), stdout=log, stderr=log
            )
        wait_until(lambda: _answers(f"{url}/livez"), self.web_log.read_text)
        return url

    def stop(self):
        """Kill all processes that are left."""
        if self.web:
            # It has workers, which would outlive it.
            self.web.send_signal(signal.SIGINT)
            self.web.wait(PATIENCE_S)
        for process in [*self.consumers, self.queue]:
            if process and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()

    def _environment(self, **changes):
        given = {
            "DATA_DIR": str(self.settings.data_dir),
            "SECRET_KEY": self.settings.secret_key,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.postbox.port) if self.postbox else "9",
            **changes,
        }
        return {"PATH": os.environ["PATH"], **NO_SETTINGS, **given}

    def export(self, user):
        """Request an export as the page does; returns its row."""
        return Task.launch(export_posts, user, "Exporting posts...", by="a test")

    def wait_for_step(self, task, step):
        """Wait until *task* has done *step* steps of its writing."""
        self.wait_for(lambda: Task.get_by_id(task.id).done >= step)

    def wait_for(self, condition):
        wait_until(condition, self._explain)

    def settle(self):
        """Wait until no row is unfinished, then check that the promise was kept."""
        # Drafts and files go right after the commit that ends their row.
        self.wait_for(lambda: not self.unfinished() and not self._drafts())
        self.assert_promise_kept()

    def unfinished(self):
        return [row for model in (Task, Mail) for row in model.select().where(model.finished_at.is_null())]

    def assert_promise_kept(self):
        """Check that all that was accepted ended in one true state, and that nothing is left behind."""
        assert self.unfinished() == []
        for task in Task.select():
            assert task.error or task.state != FAILED
            if task.name == export_posts.name:
                self._assert_true(task)
        for mail in Mail.select():
            self._assert_true_of_mail(mail)
        assert db.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)
        assert self._drafts() == []
        assert self._strays() == {}

    def _assert_true(self, task):
        """A succeeded export has a mail, and a whole file if one is offered; any other has neither."""
        assert task.file.exists() == (task.file_expires_at is not None)
        if task.state != SUCCEEDED:
            assert not task.file_expires_at
            assert task.mails.count() == 0
            return
        assert task.mails.count() == 1
        if task.file_expires_at:
            self._assert_whole(task)

    def _assert_whole(self, task):
        bodies = [post["body"] for post in json.loads(task.file.read_text())["posts"]]
        earlier = Post.id < in_microseconds(task.created_at)
        before = Post.by_author(task.user).query.where(earlier).order_by(Post.id)
        there = [post.body for post in before]
        still_there = set(there)
        assert len(bodies) == task.result["posts"]
        assert [body for body in bodies if body in still_there] == there

    def _assert_true_of_mail(self, mail):
        """What has succeeded was accepted or lies in the outbox; what was accepted is not denied."""
        copies = len(self.copies_of(mail))
        assert copies <= (2 if mail.resent else 1)
        if mail.sent_at:
            assert mail.state == SUCCEEDED
            assert copies > 0
        elif mail.state == SUCCEEDED:
            withdrawn = mail.task and not mail.task.file_expires_at
            assert outbox_files.path_of(mail.id).exists() != bool(withdrawn)
        else:
            assert mail.error or mail.state == CANCELLED
            assert not copies or mail.sending_at or mail.resent
            assert not outbox_files.path_of(mail.id).exists()

    def mails_of(self, task):
        """Copies of the mail about the end of *task* that the mail server has accepted."""
        return [mail for mail in self.postbox.mails if f"export-{task.id}@" in mail["Message-ID"]]

    def copies_of(self, mail):
        """Copies of *mail*, a row, that the mail server has accepted."""
        if mail.task_id:
            return self.mails_of(mail.task)
        return [copy for copy in self.postbox.mails if f"{mail.kind}-{mail.id}@" in copy["Message-ID"]]

    def _strays(self):
        """Processes of the site that nobody looks after: process ids by command line, as Linux shows them."""
        known = {process.pid for process in [*self.consumers, self.queue, self.web] if process}
        mark = b"DATA_DIR=" + os.fsencode(self.settings.data_dir)
        return {
            pid: command
            for pid, environment, command in living_processes()
            # One that was forked shows the environment of the process that it was forked from.
            if mark in environment.split(b"\0") or parent_of(pid) == forking.server()
            if not known & {pid, parent_of(pid)}
        }

    def _drafts(self):
        return list(self.settings.data_dir.rglob("*.part"))

    def log_text(self):
        """What the consumers have logged so far."""
        return self.log.read_text() if self.log.exists() else ""

    def _explain(self):
        rows = [dict(row.__data__) for row in self.unfinished()]
        return f"{rows}\n{self.log_text()}"


def fill(user, count):
    """Give *user* *count* posts: ``post 0``, ``post 1`` …"""
    insert_posts(user, (f"post {number}" for number in range(count)))


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
            return response.status == 200
    except OSError:
        return False

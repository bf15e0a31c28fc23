"""
Starts the queue server, the web server and the consumer, watches them, and stops them: ``./run.sh``.

Why not supervisord: it reloads on SIGHUP instead of stopping, keeps running when a child keeps dying, and
leaves its children behind when it is killed.
"""

import errno
import os
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from http.client import HTTPException

from microblog.base.config import ROOT, BadSettings, Settings
from microblog.ops import data_folder, web_probe
from microblog.security import setup_code
from microblog.server import command_lines, queue_server
from microblog.server.children import Child, end, wait_until
from microblog.server.leftovers import Record

TICK_S = 0.1
QUEUE_START_S = 60  # A long queue must first be read from the disk.
PORT_S = 5
PATIENCE_S = 20
# Together under 25 s. Within the first, gunicorn takes up to 8, the consumer 12 plus its interrupted tasks.
STOP_S = 18
STOP_QUEUE_S = 4
MOST_DEATHS = 5
DEATHS_WITHIN_S = 60


class CannotRun(Exception):
    """The site cannot start or cannot go on; the message says why."""


class StopAsked(Exception):
    """A signal asked the site to stop."""


def main():
    """Run the site until a signal asks it to stop. Returns the exit code."""
    os.umask(0o077)
    try:
        settings = Settings.load()
    except BadSettings as faults:
        say(f"microblog: bad settings: {faults}", file=sys.stderr)
        return 2
    try:
        with data_folder.locked_for_start(settings.data_dir):
            Supervisor(settings).run()
    except (data_folder.Unavailable, CannotRun) as reason:
        say(f"microblog: {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        say(f"microblog: {error.strerror}: see {error.filename or settings.data_dir}", file=sys.stderr)
        return 1
    return 0


class Supervisor:
    """The processes of one site."""

    def __init__(self, settings):
        self.settings = settings
        self.record = Record(settings.data_dir)
        self.queue_server = None
        self.children = []
        self.died_at = deque(maxlen=MOST_DEATHS)
        self.stop_asked = False

    def run(self):
        """
        Start everything and watch it until a signal comes; leave no process behind, however that ends.

        Raises:
            CannotRun: something would not start, or kept dying.
        """
        self._listen_to_signals()
        self.record.end_leftovers()
        queue_server.withdraw(self.settings)
        try:
            self._refuse_taken_port()
            self._start_all()
            self._watch()
        except StopAsked:
            say("stopping")
        finally:
            self._stop_all()

    def _listen_to_signals(self):
        def ask(*_):
            self.stop_asked = True

        signal.signal(signal.SIGTERM, ask)
        signal.signal(signal.SIGINT, ask)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # Started with nohup, it must keep running.
            signal.signal(signal.SIGHUP, ask)

    def _refuse_taken_port(self):
        # What a killed start has left and did not note may need a moment to end.
        self._wait(lambda: not is_taken(self.settings), PORT_S)
        if error := listening_error(self.settings):
            raise CannotRun(
                f"cannot listen on {self.settings.address}: {error.strerror}; set HOST or PORT to another"
            ) from error

    def _start_all(self):
        say(f"data folder: {self.settings.data_dir}")
        if not self.settings.redis_url:
            self._start_queue_server()
        say(f"queue server: {queue_server.describe(self.settings.queue_url)}")
        say(f"mail: {describe_mail(self.settings)}")
        self._migrate()
        web_probe.leave_address(self.settings)
        self._start("web server", command_lines.web_server(self.settings))
        self._start("background worker", command_lines.consumer(self.settings))

    def _start_queue_server(self):
        path = queue_server.socket_path(self.settings)
        try:
            command = queue_server.command(self.settings, path)
        except queue_server.NoQueueServer as reason:
            raise CannotRun(reason) from reason
        queue_server.publish(self.settings, path)
        self.queue_server = self._start("queue server", command)
        answers = self._queue_server_answers(path)
        if not self.queue_server.alive and (aside := queue_server.set_data_aside(self.settings)):
            # Its file may be damaged. The database has every task and mail, and they are enqueued again.
            say(f"the queue server did not start: starting it empty, its former data lies in {aside}")
            self.queue_server.start()
            self._write_record()
            answers = self._queue_server_answers(path)
        if not answers:
            raise CannotRun("the queue server does not start: its lines above say why")

    def _queue_server_answers(self, path):
        url = queue_server.url_of(path)
        self._wait(lambda: queue_server.answers(url) or not self.queue_server.alive, QUEUE_START_S)
        return self.queue_server.alive and queue_server.answers(url)

    def _migrate(self):
        # A stop in the meantime is not passed on: the migration has as long as the others to finish. Killing
        # it does no harm: each step is one transaction, and the next start repeats the step.
        migration = self._start("migration", command_lines.flask("migrate"), stop_signal=None)
        self._wait(lambda: not migration.alive)
        self.children.remove(migration)
        if migration.process.returncode:
            raise CannotRun(
                f"the database could not be brought up to date ({migration.ending}): its lines above say why"
            )

    def _watch(self):
        began = time.monotonic()
        ready = impatient = False
        while True:
            self._wait(lambda: not all(child.alive for child in self.children), 2 if ready else TICK_S)
            for child in self.children:
                if not child.alive:
                    self._revive(child)
            if not ready and (ready := is_ready(self.settings)):
                # Only now: the log lines of starting processes would bury it.
                show_way_in(self.settings)
                say(f"ready http://{self.settings.address}")
            elif not ready and not impatient and time.monotonic() > began + PATIENCE_S:
                impatient = True
                say(f"not ready yet: see http://{self.settings.address}/readyz")

    def _revive(self, child):
        now = time.monotonic()
        self.died_at.append(now)
        child.sweep()
        if len(self.died_at) == MOST_DEATHS and now - self.died_at[0] < DEATHS_WITHIN_S:
            raise CannotRun(
                f"{child.name} died ({child.ending}), the fifth death within a minute: giving up; "
                "see the lines above"
            )
        say(f"{child.name} died ({child.ending}), starting it again")
        child.start()
        self._write_record()

    def _start(self, name, command, **options):
        environment = {**os.environ, **command_lines.environment(self.settings)}
        child = Child(name, command, cwd=ROOT, env=environment, **options)
        child.start()
        self.children.append(child)
        self._write_record()
        return child

    def _write_record(self):
        # Only a fallback for the next start: a full disk must not end what is running.
        try:
            self.record.write(self.children)
        except OSError as error:
            say(f"cannot note in {self.record.path} which processes run ({error.strerror}): going on")

    def _wait(self, condition, timeout_s=float("inf")):
        wait_until(lambda: self.stop_asked or condition(), timeout_s)
        if self.stop_asked:
            raise StopAsked

    def _stop_all(self):
        # The queue server goes last: a job that ends meanwhile still talks to it.
        queue_server_alone = [child for child in self.children if child is self.queue_server]
        end([child for child in self.children if child is not self.queue_server], STOP_S)
        end(queue_server_alone, STOP_QUEUE_S)
        queue_server.withdraw(self.settings)
        self.record.forget()


def is_taken(settings):
    """Whether another process listens on the web server's address."""
    error = listening_error(settings)
    return bool(error) and error.errno == errno.EADDRINUSE


def listening_error(settings):
    """The error that the web server would get if it listened on its address now, None if it could."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            probe.listen()
        except OSError as error:
            return error
    return None


def is_ready(settings):
    """Whether the web server reports that database, queue and a worker are available."""
    try:
        return web_probe.answer_of(settings, "/readyz", timeout_s=2) == 200
    except (OSError, HTTPException):
        return False


def show_way_in(settings):
    """While there is no administrator, print the link for creating one."""
    if code := setup_code.read(settings.data_dir):
        say(f"make the first account at: {settings.site_url}/setup?code={code}")


def describe_mail(settings):
    """Where mail goes, as text."""
    if settings.mail_server:
        return f"SMTP server {settings.mail_server}:{settings.mail_port}"
    return f"no MAIL_SERVER, written to {settings.data_dir / 'outbox'}"


def say(line, file=sys.stdout):
    """Print *line* at once; a closed terminal or pipe is no reason to stop."""
    with suppress(OSError):
        os.write(file.fileno(), f"{line}\n".encode(errors="replace"))


if __name__ == "__main__":
    sys.exit(main())

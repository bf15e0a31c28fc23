"""
Starts the queue server, the web server and the consumer, watches them, and stops them: ``./run.sh``.

Why not supervisord: it reloads on SIGHUP instead of stopping, keeps running when a child keeps dying, and
leaves its children behind when it is killed.
"""

import os
import signal
import sys
from http.client import HTTPException

from microblog.base.config import ROOT, BadSettings, Settings
from microblog.ops import data_folder, web_probe
from microblog.security import setup_code
from microblog.server import command_lines, queue_server
from microblog.server.children import Child, end, wait_until
from microblog.server.console import say
from microblog.server.leftovers import Record
from microblog.server.queue_service import QueueServer
from microblog.server.service import CannotRun, Service

PORT_S = 5
QUEUE_START_S = 10
PATIENCE_S = 20
READY_S = 1
# Together under 25 s. Within the first, gunicorn takes up to 8, the consumer 12 plus its interrupted tasks.
STOP_S = 18
STOP_QUEUE_S = 4


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
        self.migration = None
        self.services = []
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
        self._wait(lambda: not web_probe.is_taken(self.settings), PORT_S)
        if error := web_probe.listening_error(self.settings):
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
        web_server = command_lines.web_server(self.settings)
        consumer = command_lines.consumer(self.settings)
        self.services.append(Service("web server", web_server, **self._options()))
        self.services.append(Service("background worker", consumer, **self._options()))

    def _start_queue_server(self):
        try:
            self.queue_server = QueueServer(self.settings, **self._options())
        except queue_server.NoQueueServer as reason:
            raise CannotRun(reason) from reason
        self.services.append(self.queue_server)
        # Longer than for its second try, without its data, nothing has to wait for it.
        self._wait(
            lambda: self.queue_server.has_answered or len(self.queue_server.died_at) > 1, QUEUE_START_S
        )

    def _migrate(self):
        # A stop in the meantime is not passed on: the migration has as long as the others to finish. Killing
        # it does no harm: each step is one transaction, and the next start repeats the step.
        command = command_lines.flask("migrate")
        self.migration = Child("migration", command, stop_signal=None, **self._options())
        self.migration.start()
        self._write_record()
        self._wait(lambda: not self.migration.alive)
        self.migration.sweep()
        if self.migration.process.returncode:
            raise CannotRun(
                f"the database could not be brought up to date ({self.migration.ending}): "
                "its lines above say why"
            )

    def _watch(self):
        if not self._wait(lambda: is_ready(self.settings), PATIENCE_S):
            say(f"not ready yet: see http://{self.settings.address}/readyz")
            while not is_ready(self.settings):
                self._wait(lambda: False, READY_S)
        # Only now: the log lines of starting processes would bury it.
        show_way_in(self.settings)
        say(f"ready http://{self.settings.address}")
        self._wait(lambda: False)

    def _options(self):
        environment = {**os.environ, **command_lines.environment(self.settings)}
        return {"cwd": ROOT, "env": environment}

    def _wait(self, condition, timeout_s=float("inf")):
        """What ``wait_until`` does, while everything that has been started is kept running."""
        return wait_until(lambda: self._tend() or condition(), timeout_s)

    def _tend(self):
        if self.stop_asked:
            raise StopAsked
        started = [service for service in self.services if service.tend()]
        if started:
            self._write_record()

    def _write_record(self):
        # Only a fallback for the next start: a full disk must not end what is running.
        try:
            self.record.write(self._children())
        except OSError as error:
            say(f"cannot note in {self.record.path} which processes run ({error.strerror}): going on")

    def _children(self):
        return [child for child in [*self.services, self.migration] if child]

    def _stop_all(self):
        # The queue server goes last: a job that ends meanwhile still talks to it.
        end([child for child in self._children() if child is not self.queue_server], STOP_S)
        end([child for child in self._children() if child is self.queue_server], STOP_QUEUE_S)
        queue_server.withdraw(self.settings)
        self.record.forget()


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


if __name__ == "__main__":
    sys.exit(main())

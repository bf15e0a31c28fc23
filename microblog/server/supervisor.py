"""
Starts the queue server, the web server and the consumer, watches them, and stops them: ``./run.sh``.

Why not supervisord: it reloads on SIGHUP instead of stopping, keeps running when a child keeps dying, and
leaves its children behind when it is killed.
"""

import os
import signal
import sys
import traceback
from http.client import HTTPException

from microblog.base.config import BadSettings, Settings
from microblog.ops import data_folder, probes
from microblog.security import setup_code
from microblog.server import queue_server, site_log
from microblog.server.children import CannotRun, end, leftovers
from microblog.server.console import say
from microblog.server.processes import wait_until
from microblog.server.queue_server import QueueServer

REFUSED = 1  # How our commands end that cannot do what they are asked for.
LEFTOVERS_S = 3
PORT_S = 5
QUEUE_START_S = 10
PATIENCE_S = 20
READY_S = 1
# Together under 25 s. Within the first, web server and consumer take up to 12, plus interrupted tasks.
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
        if str(reason):
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
        self.services = []
        self.stop_asked = False

    def run(self):
        """
        Start everything and watch it until a signal comes; leave no process behind, however that ends.

        Raises:
            CannotRun: something would not start, or kept dying.
        """
        self._listen_to_signals()
        end(leftovers(self.settings), LEFTOVERS_S)
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
        # What a killed start has left may need a moment to end.
        self._wait(lambda: not probes.is_taken(self.settings), PORT_S)
        if error := probes.listening_error(self.settings):
            raise CannotRun(
                f"cannot listen on {self.settings.address}: {error.strerror}; set HOST or PORT to another"
            ) from error

    def _start_all(self):
        # Four lines, with the two of `_watch`; whatever else there is to say goes to the log.
        say(f"data folder: {self.settings.data_dir}{_where_the_log_is(self.settings)}")
        say(f"mail: {describe_mail(self.settings)}")
        if not self.settings.redis_url:
            self._start_queue_server()
        self._note(f"queue server: {queue_server.describe(self.settings.queue_url)}")
        migration, services = self._load_parts()
        self._migrate(migration)
        self.services += services

    def _note(self, line):
        site_log.note(self.settings, line)

    def _start_queue_server(self):
        server = QueueServer(self.settings)
        self.services.append(server)
        # Longer than for its second try, without its data, nothing has to wait for it.
        self._wait(lambda: not server.starts_without_answer or server.restarts.deaths > 1, QUEUE_START_S)

    def _migrate(self, migration):
        migration.start()
        try:
            self._wait(lambda: not migration.alive)
        finally:
            end([migration], STOP_S)
        if migration.process.returncode == REFUSED:
            raise CannotRun  # Its own line has said why.
        if migration.process.returncode:
            raise CannotRun(
                f"the database could not be brought up to date ({migration.ending}): its lines above say why"
            )

    def _load_parts(self):
        # Only here: without the app, whatever goes wrong before is told sooner.
        from microblog.server import parts

        try:
            return parts.load(self.settings)
        except Exception as error:
            self._note(traceback.format_exc())
            raise CannotRun(f"the app cannot be loaded: {error}") from error

    def _watch(self):
        if not self._wait(lambda: is_ready(self.settings), PATIENCE_S):
            say(f"not ready yet: see http://{self.settings.address}/readyz")
            while not is_ready(self.settings):
                self._wait(lambda: False, READY_S)
        # Only now: the log lines of starting processes would bury it.
        if code := setup_code.read(self.settings.data_dir):  # There is no administrator yet.
            say(f"make the first administrator's account at: {self.settings.site_url}/setup?code={code}")
        else:
            say(f"site: {self.settings.site_url}")
        say(f"ready http://{self.settings.address}")
        self._wait(lambda: False)

    def _wait(self, condition, timeout_s=float("inf")):
        """What ``wait_until`` does, while everything that has been started is kept running."""
        return wait_until(lambda: self._tend() or condition(), timeout_s)

    def _tend(self):
        if self.stop_asked:
            raise StopAsked
        for service in self.services:
            service.tend()
        site_log.keep_small(self.settings)

    def _stop_all(self):
        # The queue server goes last: a job that ends meanwhile still talks to it.
        end([service for service in self.services if not isinstance(service, QueueServer)], STOP_S)
        end([service for service in self.services if isinstance(service, QueueServer)], STOP_QUEUE_S)
        queue_server.withdraw(self.settings)


def is_ready(settings):
    """Whether the web server reports that database, queue and a worker are available."""
    try:
        return probes.answer_of(settings, "/readyz", timeout_s=2) == 200
    except (OSError, HTTPException):
        return False


def _where_the_log_is(settings):
    place = site_log.path(settings)
    return f" (log: {place.relative_to(settings.data_dir)})" if place else ""


def describe_mail(settings):
    """Where mail goes, as text."""
    if settings.mail_server:
        return f"SMTP server {settings.mail_server}:{settings.mail_port}"
    return f"no MAIL_SERVER, written to {settings.data_dir / 'outbox'}"


if __name__ == "__main__":
    sys.exit(main())

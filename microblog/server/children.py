"""The processes of a site: started, started again whenever they die, and ended with all that they started."""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress

from microblog.base.config import ROOT
from microblog.server import command_lines, processes, site_log
from microblog.server.console import say
from microblog.server.processes import wait_until
from microblog.server.restarts import Restarts

KILL_S = 3  # A killed process needs that long only if the disk holds it up.
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class CannotRun(Exception):
    """The site cannot start or cannot go on; the message says why, unless something else has said it."""


class Child:
    """
    One process in a session of its own, so that Ctrl-C and a closed terminal do not reach it.

    Whoever wants it to run calls ``tend`` again and again. When the process that started it dies, Linux sends
    it SIGTERM; ``leftovers`` finds what has not obeyed.
    """

    def __init__(self, name, command, settings, stop_signal=signal.SIGTERM, most_deaths=None, tells=False):
        """
        *most_deaths* within a minute end the site, which can do without it if that is None.

        Its lines go to the log of the site; if it *tells*, its errors are for whoever starts the site.
        """
        self.name = name
        self.command = command
        self.settings = settings
        self.stop_signal = stop_signal
        self.restarts = Restarts(most_deaths)
        self.tells = tells
        # Without symbolic links: so the system names the file that a process has open.
        self.input = (settings.data_dir / "run").resolve() / f"{name}.input"
        self.process = None
        self.swept = True

    def start(self):
        """Start the process, or start it again after it has ended."""
        parent = os.getpid()
        self.input.parent.mkdir(exist_ok=True)
        with self.input.open("w+") as file, site_log.opened(self.settings) as log:
            streams = file, log, None if self.tells else log
            self.process = self.launch(streams, lambda: _die_with(parent))
        self.swept = False

    def launch(self, streams, prepare):
        """The new process, which first calls *prepare*; *streams* are its standard ones, None inherited."""
        return subprocess.Popen(  # noqa: S603 - the commands are the supervisor's own
            self.command,
            **dict(zip(("stdin", "stdout", "stderr"), streams, strict=True)),
            cwd=ROOT,
            env={**os.environ, **command_lines.environment(self.settings)},
            start_new_session=True,
            preexec_fn=prepare,
            restore_signals=False,  # A closed pipe must not end the queue server either.
        )

    def tend(self):
        """
        Notice its death, and start it if that is due, see ``restarts``. Never waits.

        Raises:
            CannotRun: it keeps dying, and the site cannot do without it.
        """
        if self.restarts.start_at is None and not self.alive:
            self.sweep()
            self._start_again(f"died ({self.ending})")
        if self.restarts.is_due:
            try:
                self.start()
                self.restarts.note_start()
            except OSError as error:
                self._start_again(f"cannot be started ({error.strerror})")

    @property
    def alive(self):
        """Whether the process is running; of one that a former start has left, whether any part of it is."""
        return self.process.poll() is None if self.process else bool(self.left())

    @property
    def ending(self):
        """How it ended, in words: ``exit 1`` or ``SIGKILL``."""
        code = self.process.returncode
        return f"exit {code}" if code >= 0 else signal.Signals(-code).name

    def left(self):
        """The process ids of all that is running of it."""
        return processes.with_input(self.input)

    def ask_to_stop(self):
        """Send the signal for a graceful stop to the process, or to all that a former start has left."""
        if self.stop_signal and self.alive:
            # A process takes care of its own children; of a former start these may be all that is left.
            processes.send_signal(self.stop_signal, [self.process.pid] if self.process else self.left())

    def sweep(self):
        """Kill what is left of it and of its group, and wait until that has ended."""
        if not self.swept:  # Later its number may belong to others.
            # macOS answers "not permitted" if only a dead process is left of the group.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.swept = True
        wait_until(lambda: not processes.send_signal(signal.SIGKILL, self.left()), KILL_S)

    def _start_again(self, reason):
        self.restarts.note_death()
        if self.restarts.too_many:
            deaths, place = self.restarts.most_deaths, site_log.path(self.settings) or "the lines above"
            raise CannotRun(f"{self.name} {reason}, {deaths} deaths within a minute: giving up; see {place}")
        pause_s = self.restarts.pause_s
        say(f"{self.name} {reason}, starting it again" + (f" in {pause_s:g} s" if pause_s else ""))


def leftovers(settings):
    """The children of a former start that was killed: all that it may have left running."""
    return [Child(path.stem, None, settings) for path in (settings.data_dir / "run").glob("*.input")]


def end(children, timeout_s):
    """Ask *children* once to stop, and kill what is left after *timeout_s* seconds."""
    for child in children:
        child.ask_to_stop()
    wait_until(lambda: not any(child.alive for child in children), timeout_s)
    for child in children:
        child.sweep()


def _die_with(parent):
    """Runs in the child: request SIGTERM for when *parent* dies; exit at once if it is already dead."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

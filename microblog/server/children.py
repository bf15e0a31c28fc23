"""Processes that do not outlive the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time

from microblog.server import process_groups

TICK_S = 0.1
KILL_S = 3  # A killed process needs that long only if the disk holds it up.
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """
    One process in a session of its own, so that Ctrl-C and a closed terminal do not reach it.

    On Linux the kernel sends it SIGTERM when the process that started it dies. Elsewhere, and as a
    fallback, the next start ends what ``leftovers.Record`` remembers.
    """

    def __init__(self, name, command, stop_signal=signal.SIGTERM, **options):
        self.name = name
        self.command = command
        self.stop_signal = stop_signal
        self.options = options
        self.process = None
        self.start_time = ""
        self.swept = True

    def start(self):
        """Start the process, or restart it after it has ended."""
        parent = os.getpid()
        self.process = subprocess.Popen(  # noqa: S603 - the commands are the supervisor's own
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _die_with(parent),
            restore_signals=False,  # A closed pipe must not end the queue server either.
            **self.options,
        )
        self.swept = False
        self.start_time = process_groups.start_time(self.pid)

    @property
    def pid(self):
        """The process id, which is also that of its group; None before the first start."""
        return self.process and self.process.pid

    @property
    def alive(self):
        """Whether the process is running."""
        return self.process is not None and self.process.poll() is None

    @property
    def ending(self):
        """How it ended, in words: ``exit 1`` or ``SIGKILL``."""
        code = self.process.returncode
        return f"exit {code}" if code >= 0 else signal.Signals(-code).name

    def ask_to_stop(self):
        """Send the signal for a graceful stop, to the process alone: it takes care of its own children."""
        if self.alive and self.stop_signal:
            self.process.send_signal(self.stop_signal)

    def sweep(self):
        """Kill what is left of the process and its group, and wait until it has ended."""
        if self.swept:  # Its number may belong to others by now.
            return
        process_groups.send_signal(self.pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not process_groups.is_alive(self.pid), KILL_S)
        self.swept = True


def end(children, timeout_s):
    """Ask *children* once to stop, and kill what is left after *timeout_s* seconds."""
    for child in children:
        child.ask_to_stop()
    wait_until(lambda: not any(child.alive for child in children), timeout_s)
    for child in children:
        child.sweep()


def wait_until(condition, timeout_s):
    """Wait until *condition()* is true, at most *timeout_s* seconds. Returns whether it became true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK_S)
    return True


def _die_with(parent):
    """Runs in the child: request SIGTERM for when *parent* dies; exit at once if it is already dead."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

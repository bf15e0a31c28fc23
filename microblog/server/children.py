"""Processes that do not outlive the one that started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from microblog.base.files import atomic_write

TICK_S = 0.05
LEFTOVERS_S = 3
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """
    One process in a session of its own, so that Ctrl-C and a closed terminal do not reach it.

    On Linux the kernel sends it SIGTERM when the process that started it dies. Elsewhere, and as a
    fallback, the next start ends what ``Record`` remembers.
    """

    def __init__(self, name, command, stop_signal=signal.SIGTERM, **options):
        self.name = name
        self.command = command
        self.stop_signal = stop_signal
        self.options = options
        self.process = None

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

    @property
    def pid(self):
        """The process id, which is also that of its group."""
        return self.process.pid

    @property
    def alive(self):
        """Whether the process is running."""
        return self.process.poll() is None

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
        _signal_group(self.pid, signal.SIGKILL)
        self.process.wait()


class Record:
    """A file that remembers children beyond the death of the process that started them."""

    def __init__(self, path):
        self.path = path

    def write(self, children):
        """Remember *children*, each by process id and start time, because process ids are reused."""
        with atomic_write(self.path) as file:
            file.writelines(f"{child.pid} {_birth(child.pid)}\n" for child in children)

    def end_leftovers(self):
        """End every remembered process that still runs: by SIGTERM, then after three seconds by SIGKILL."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        remembered = [(int(pid), birth) for pid, _, birth in (line.partition(" ") for line in lines)]
        for how in (signal.SIGTERM, signal.SIGKILL):
            left = [(pid, birth) for pid, birth in remembered if birth and _birth(pid) == birth]
            for pid, _ in left:
                _signal_group(pid, how)
            wait_until(lambda left=left: all(_birth(pid) != birth for pid, birth in left), LEFTOVERS_S)
        self.forget()

    def forget(self):
        """Remove the file, once no process that it names is left."""
        self.path.unlink(missing_ok=True)


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


def _signal_group(pid, how):
    # macOS answers "not permitted" if only a dead process is left of the group.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, how)


def _birth(pid):
    """The start time of *pid*, a string that no later process of that id shares; ``""`` if it is dead."""
    if sys.platform != "linux":
        command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
        response = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True)  # noqa: S603
        return response.stdout.strip()
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if state == "Z" else f"{fields[18]} {boot}"

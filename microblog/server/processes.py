"""
Processes found by their standard input.

Each child of the supervisor has an empty file of its own there, and whatever the child starts inherits it. So
all that is left of a child can be found, even by the next start, and never a stranger: process ids and groups
are given to others when their owners are dead.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

TICK_S = 0.1
LSOF_PATH = "/usr/sbin:/usr/bin"


def with_input(path):
    """The process ids of those whose standard input is the file *path*; one that has ended has none."""
    if sys.platform == "linux":
        return [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _has_input(folder, path)]
    command = ["lsof", "-t", "-a", "-d", "0", "--", path]
    with suppress(OSError):  # A system that has no lsof: what a killed start has left is not found there.
        response = subprocess.run(command, env={"PATH": LSOF_PATH}, capture_output=True)  # noqa: S603
        return list(map(int, response.stdout.split()))
    return []


def send_signal(which, pids):
    """Send the signal *which* to each of *pids* that has not ended meanwhile. Returns *pids*."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, which)
    return pids


def wait_until(condition, timeout_s):
    """Wait until *condition()* is true, at most *timeout_s* seconds. Returns whether it became true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(TICK_S)
    return True


def _has_input(folder, path):
    link = folder / "fd" / "0"
    try:
        # In a container another file can have the same path. Those with other paths are not asked which file
        # they are: on a network disk that is away, there would be no answer.
        return link.readlink() == path and link.samefile(path)
    except OSError:  # The process has ended, or belongs to somebody else.
        return False

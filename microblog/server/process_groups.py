"""
Process groups: which are alive, and which are still those that were meant.

Every child leads a group and a session of its own, whose number is the child's process id. The kernel gives
that number to no other process while a member of the group is alive, even after the child's death.
"""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ON_LINUX = sys.platform == "linux"


def send_signal(group, which):
    """Send the signal *which* to each member of *group*; nothing happens if there is none."""
    # macOS answers "not permitted" if only a dead process is left of the group.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, which)


def is_alive(group):
    """Whether *group* has a member that has not ended; one that nobody has waited for has ended."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return not ON_LINUX or any(_members(group))


def is_same(group, started, variable):
    """
    Whether *group* is still the one of the child that had the start time *started*.

    Its number may belong to others by now. If a process has that number, its start time decides; if the
    leader is dead, a member has to have *variable*, as ``NAME=value``, in its environment. Only Linux shows
    the environment; elsewhere a group without its leader counts as another one.
    """
    if now := start_time(group):
        return now == started
    if not ON_LINUX or not started.endswith(_boot_id()):
        return False
    return any(variable in _environment(pid) for pid in _members(group))


def start_time(pid):
    """When *pid* started, as text that no later process of that number shares; ``""`` if there is none."""
    if ON_LINUX:
        stat = _stat(pid)
        return f"{stat[19]} {_boot_id()}" if stat else ""
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    response = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True)  # noqa: S603
    return response.stdout.strip()


def _members(group):
    """The process ids of all members that have not ended; none elsewhere than on Linux."""
    for path in Path("/proc").glob("[0-9]*"):
        state, _parent, its_group, its_session, *_rest = _stat(path.name) or "----"
        if its_group == its_session == str(group) and state not in "ZX":
            yield int(path.name)


def _stat(pid):
    """The fields of ``/proc/…/stat`` from the state on; None if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _environment(pid):
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _boot_id():
    """Changes whenever the machine starts: start times are counted from there."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()

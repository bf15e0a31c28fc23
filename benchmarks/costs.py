"""What the processes of a tree cost, by Linux' ``/proc``: CPU to the microsecond, memory by fair shares."""

import re
from collections import defaultdict
from contextlib import suppress
from pathlib import Path


def tree(root):
    """The process ids of *root* and of all that descends from it."""
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has ended.
            parent = path.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(path.parent.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def cpu_s(pids):
    """Seconds of CPU that the threads of *pids* have used; those of threads that have ended are missing."""
    return sum(
        int(path.read_text().split()[0]) / 1e9
        for pid in pids
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
    )


def memory_mib(pids):
    """
    Memory of each of *pids* by its name: the proportional set size, in MiB.

    A page that several processes share counts in parts.
    """
    memory = defaultdict(list)
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        memory[_name(pid)].append(int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024)
    return {name: sum(parts) for name, parts in memory.items()}


def _name(pid):
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    parts = {"supervisor": "supervisor", "huey_consumer": "worker", "web": "web", "-server": "queue server"}
    return next((name for mark, name in parts.items() if mark in " ".join(words)), words[0])

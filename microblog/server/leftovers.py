"""What a start that was killed has left running: remembered in a file, and ended by the next start."""

import os
import re
import signal

from microblog.base import files
from microblog.server import process_groups
from microblog.server.children import wait_until

PATIENCE_S = 3


class Record:
    """A file that remembers children beyond the death of the process that started them."""

    def __init__(self, data_dir):
        self.path = data_dir / "run" / "children"
        self.variable = b"DATA_DIR=" + os.fsencode(data_dir)  # What every child has in its environment.

    def write(self, children):
        """Remember *children*, each by process id and start time, because process ids are reused."""
        with files.atomic_write(self.path) as file:
            file.writelines(f"{child.pid} {child.start_time}\n" for child in children if child.pid)

    def end_leftovers(self):
        """
        End what is left of every remembered child: by SIGTERM, then after three seconds by SIGKILL.

        Its group counts, not the child: gunicorn's workers can outlive gunicorn, and hold the port.
        """
        groups = [
            group for group, started in self._read() if process_groups.is_same(group, started, self.variable)
        ]
        survivors = _survivors(groups, signal.SIGTERM)
        _survivors(survivors, signal.SIGKILL)
        self.forget()

    def forget(self):
        """Remove the file, once nothing that it names is left."""
        self.path.unlink(missing_ok=True)

    def _read(self):
        text = self.path.read_text(errors="replace") if self.path.exists() else ""
        return [(int(pid), started) for pid, started in re.findall(r"^(\d{1,9}) (.+)$", text, re.MULTILINE)]


def _survivors(groups, which):
    """Send the signal *which* to *groups*. Returns those that are alive nevertheless, some seconds later."""
    for group in groups:
        process_groups.send_signal(group, which)
    wait_until(lambda: not any(map(process_groups.is_alive, groups)), PATIENCE_S)
    return list(filter(process_groups.is_alive, groups))

"""
Where the lines of the site's processes go.

Whatever reads a pipe, such as journald or Supervisor, looks after what it keeps. On a terminal the lines
would hide what the operator has to know, and a file would grow for ever: there they go to ``log/site.log`` in
the data folder, which is begun anew when it is large; one old file is kept.
"""

import os
import shutil
import stat
import sys
from contextlib import contextmanager, suppress

from microblog.base.files import for_owner_only
from microblog.server.console import say

# Of each of the two files.
LARGEST_BYTES = 10 * 1024**2
STDOUT = 1


def path(settings):
    """The file, or None if the lines go to the standard output."""
    try:
        needed = os.isatty(STDOUT) or stat.S_ISREG(os.fstat(STDOUT).st_mode)
    except OSError:
        return None
    return settings.data_dir / "log" / "site.log" if needed else None


@contextmanager
def opened(settings):
    """The file, open to append to, or None if the lines go to the standard output."""
    place = path(settings)
    if place is None:
        yield None
        return
    place.parent.mkdir(mode=0o700, exist_ok=True)
    with open(place, "ab", opener=for_owner_only) as file:
        yield file


def note(settings, line):
    """Write *line* there."""
    with opened(settings) as file:
        say(line, file or sys.stdout)


def keep_small(settings):
    """Begin the file anew if it is too large; its writers, who have it open to append to, notice nothing."""
    place = path(settings)
    with suppress(OSError):
        if place and place.stat().st_size > LARGEST_BYTES:
            try:
                shutil.copy(place, place.with_suffix(".1.log"))
            finally:  # Also if there is no room for a copy.
                os.truncate(place, 0)

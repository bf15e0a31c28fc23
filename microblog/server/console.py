"""What the supervisor says to whoever started it."""

import os
import sys
from contextlib import suppress


def say(line, file=sys.stdout):
    """Print *line* at once; a closed terminal or pipe is no reason to stop."""
    with suppress(OSError):
        os.write(file.fileno(), f"{line}\n".encode(errors="replace"))

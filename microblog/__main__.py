"""``python -m microblog web`` and ``… worker``: one part of the site, for those who do not use ``run.sh``."""

import os
import sys

from microblog.base.config import ROOT, BadSettings, Settings
from microblog.server import command_lines

PARTS = {"web": command_lines.web_server, "worker": command_lines.consumer}
USAGE = "usage: python -m microblog web|worker; all parts at once: ./run.sh"


def main(words):
    """Replace this process by the part that *words* name. Returns only on failure, with an exit code."""
    if len(words) != 1 or words[0] not in PARTS:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = Settings.load()
    except BadSettings as errors:
        errors.show()
        return errors.exit_code
    command = PARTS[words[0]](settings)
    os.umask(0o077)
    os.chdir(ROOT)
    # Replaces this process, so that signals from whoever started it reach the right one.
    return os.execve(command[0], command, {**os.environ, **command_lines.environment(settings)})  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

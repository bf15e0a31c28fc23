"""``python -m microblog web`` and ``… worker``: one part of the site, for those who do not use ``run.sh``."""

import os
import sys

from microblog.base.config import ROOT, BadSettings, Settings
from microblog.ops import data_folder
from microblog.server import command_lines

USAGE = "usage: python -m microblog web|worker; all parts at once: ./run.sh"


def main(words):
    """Be the part that *words* name until it ends. Returns an exit code."""
    if len(words) != 1 or words[0] not in PARTS:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        settings = Settings.load()
    except BadSettings as errors:
        errors.show()
        return errors.exit_code
    try:
        data_folder.refuse_foreign(settings.data_dir, f".venv/bin/python -m microblog {words[0]}")
    except data_folder.Unavailable as reason:
        print(f"Error: {reason}", file=sys.stderr)
        return 1
    os.umask(0o077)
    os.chdir(ROOT)
    os.environ.update(command_lines.environment(settings))
    return PARTS[words[0]](settings)


def _run_web_server(settings):
    # Imported here: the consumer needs none of it.
    from microblog import create_app
    from microblog.server import web_server

    return web_server.run(settings, create_app)


def _become_consumer(settings):
    command = command_lines.consumer(settings)
    # Replaces this process, so that signals from whoever started it reach the right one.
    os.execv(command[0], command)  # noqa: S606


PARTS = {"web": _run_web_server, "worker": _become_consumer}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

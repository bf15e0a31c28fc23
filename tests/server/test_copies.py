import json
import os
import subprocess
import sys

import pytest

from microblog.base.config import ROOT

LOAD = """
import json, os, threading
from contextlib import suppress
from microblog.base.config import Settings
from microblog.server import parts

def opened():
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # That of the listing itself.
            yield os.readlink(f"/proc/self/fd/{number}")

before = set(opened())
migration, services = parts.load(Settings.load())
names = [part.name for part in (migration, *services)]
print(json.dumps([names, threading.active_count(), sorted(set(opened()) - before)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_the_copies_of_the_supervisor_share_is_only_what_they_may(tmp_path):
    """No connection, no lock of a single process, no thread: only the sign that the site is in use."""
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "REDIS_URL": "", "PYTHONPATH": str(ROOT)}
    response = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )

    names, threads, opened = json.loads(response.stdout)
    assert names == ["migration", "web server", "background worker"]
    assert (threads, opened) == (1, [str(tmp_path / "run" / "presence.lock")])

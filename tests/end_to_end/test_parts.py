"""Web server and worker as parts of their own: what runs is what run.sh would start."""

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from microblog.base.config import ROOT, Settings
from microblog.server import command_lines
from tests.end_to_end.running_site import PATIENCE_S, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site", WORKERS="2", WEB_CONCURRENCY="1") as site:
        site.flask("migrate")
        yield site


def start(site, part):
    site.start([sys.executable, "-m", "microblog", part])


def is_command(site, command):
    """Whether the process that was started has become *command*."""
    return Path(f"/proc/{site.process.pid}/cmdline").read_text().split("\0")[1:-1] == command[1:]


def catches(pid, how):
    """Whether the process has a handler of its own for the signal *how*."""
    mask = re.search(r"SigCgt:\s+(\w+)", Path(f"/proc/{pid}/status").read_text())[1]
    return int(mask, 16) >> (how - 1) & 1


def test_a_web_server_alone_is_that_of_run_sh(site):
    start(site, "web")
    wait_until(lambda: site.get("/livez") == 200, site.output)

    assert is_command(site, command_lines.web_server())
    site.process.send_signal(signal.SIGTERM)
    assert site.exit_code() == 0


def test_a_visitor_cannot_move_the_site_below_another_path(site):
    start(site, "web")
    wait_until(lambda: site.get("/livez") == 200, site.output)

    request = urllib.request.Request(f"{site.url}/auth/login", headers={"SCRIPT_NAME": "/elsewhere"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        assert "elsewhere" not in response.read().decode()


def test_a_worker_alone_is_that_of_run_sh(site):
    start(site, "worker")
    # Before it has a handler, the signal would just kill it.
    wait_until(lambda: catches(site.process.pid, signal.SIGTERM), site.output)

    assert is_command(site, command_lines.consumer(Settings.from_mapping(site.environment)))
    site.process.send_signal(signal.SIGTERM)
    assert site.exit_code() == 0


@pytest.mark.parametrize("part", ["web", "worker"])
def test_bad_settings_are_told_in_one_line(site, part):
    response = run(site, part, WORKERS="none")

    assert (response.returncode, response.stdout) == (2, "")
    assert response.stderr == "Error: bad settings: WORKERS=none must be a whole number from 2 to 64\n"


@pytest.mark.parametrize("words", [[], ["queue"], ["web", "worker"]])
def test_what_is_no_part_is_refused(site, words):
    response = run(site, *words)

    assert (response.returncode, response.stdout) == (2, "")
    assert response.stderr == "usage: python -m microblog web|worker; all parts at once: ./run.sh\n"


def run(site, *words, **settings):
    command = [sys.executable, "-m", "microblog", *words]
    environment = {**site.environment, **settings}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )

"""Web server and worker as parts of their own: what runs is what run.sh would start."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from microblog.base.config import ROOT, Settings
from microblog.server import command_lines, queue_server
from tests.conftest import PASSWORD
from tests.end_to_end.running_site import PATIENCE_S, RunningSite, wait_until
from tests.end_to_end.test_secrets import Person

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


@pytest.fixture
def queue(tmp_path):
    """The URL of a queue server that is nobody's part."""
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "queue").mkdir()
    socket = tmp_path / "queue.sock"
    with subprocess.Popen(queue_server.command(settings, socket)) as server:
        wait_until(socket.exists)
        yield f"unix://{socket}"
        server.kill()


def test_the_parts_of_the_procfile_agree_on_where_links_lead(tmp_path, queue):
    """As honcho and foreman start them: all at once on an empty folder, each with a port of its own."""
    settings = {"REDIS_URL": queue, "WORKERS": "2", "WEB_CONCURRENCY": "1", "FLASK_APP": "microblog"}
    with ExitStack() as stack:
        parts = {}
        for name, line in re.findall(r"^(\w+): (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE):
            parts[name] = stack.enter_context(RunningSite(tmp_path / "site", **settings))
            parts[name].environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            parts[name].log = tmp_path / f"{name}.log"
            parts[name].start(["sh", "-c", line])
        web, worker = parts["web"], parts["worker"]
        wait_until(lambda: web.get("/livez") == 200 or web.ended or worker.ended, web.output)
        assert not web.ended, web.output()
        web.flask("create-user", "susan", "susan@pi.local", "--password-stdin", input=PASSWORD)

        person = Person(web)
        person.send("/auth/reset_password_request", email="susan@pi.local")
        outbox = tmp_path / "site" / "outbox"
        wait_until(lambda: list(outbox.glob("*.eml")), worker.output)

        [mail] = outbox.glob("*.eml")
        [link] = re.findall(r"^http://\S+/auth/reset_password/\S+$", mail.read_text(), re.MULTILINE)
        assert link.startswith(f"{web.url}/")
        assert "Set a new password" in person.open(link)


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

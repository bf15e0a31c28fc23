"""The site killed the hard way, by SIGKILL: the next start works at once and leaves nothing of it behind."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.end_to_end.running_site import WEB_SERVER, RunningSite, parent_of, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with RunningSite(tmp_path_factory.mktemp("killed") / "site") as site:
        yield site


@pytest.fixture
def running(site):
    """The site, started by the test before or now."""
    return site.ready() if not site.process or site.ended else site


def part(site, name):
    """The process id of a part of the site."""
    master = site.find(WEB_SERVER)
    if name == "a web process":
        return next(pid for pid in site.processes() if parent_of(pid) == master)
    return {"web server": master, "worker": site.find("huey_consumer"), "queue": site.find("queue.sock")}[
        name
    ]


def kill_supervisor(site):
    site.process.kill()
    site.process.wait()


@pytest.mark.parametrize(
    ("stopped", "killed"),
    [
        ([], []),
        ([], ["web server"]),
        ([], ["web server", "worker", "queue", "a web process"]),
        (["a web process"], []),
        (["a web process"], ["web server"]),
        (["a web process"], ["web server", "worker", "queue"]),
        (["web server", "worker", "queue"], []),
    ],
    ids=lambda names: "+".join(names) or "none",
)
def test_a_start_after_a_hard_kill_works_at_once_and_leaves_nothing_old(running, stopped, killed):
    old = set(running.processes())
    victims = [part(running, name) for name in killed]
    for pid in [part(running, name) for name in stopped]:
        os.kill(pid, signal.SIGSTOP)

    kill_supervisor(running)
    for pid in victims:
        with suppress(ProcessLookupError):  # It may have seen the end of its parent already.
            os.kill(pid, signal.SIGKILL)
    running.ready()

    assert running.get("/livez") == 200
    assert old.isdisjoint(running.processes())


def test_nothing_survives_a_hard_kill(running):
    kill_supervisor(running)

    wait_until(lambda: not running.processes(), lambda: str(running.processes()))


def test_strangers_are_left_alone(tmp_path):
    site = RunningSite(tmp_path / "site")
    (site.data_dir / "run").mkdir(parents=True)
    (site.data_dir / "run" / "web server.input").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()
        # As one of the operator's commands is: in a session of its own, and with the site's settings.
        stranger = subprocess.Popen(
            ["sleep", "60"], env=site.environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

        with site:
            site.start()

            assert site.exit_code() == 1
            assert stranger.poll() is None
        stranger.wait()

"""The site killed the hard way, by SIGKILL: the next start works at once and leaves nothing of it behind."""

import os
import signal
import socket
import sys

import pytest

from tests.end_to_end.running_site import RunningSite, parent_of, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site") as site:
        yield site


def part(site, name):
    """The process id of a part of the site."""
    master = site.find("gunicorn")
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
def test_a_start_after_a_hard_kill_works_at_once_and_leaves_nothing_old(site, stopped, killed):
    site.ready()
    old = set(site.processes())
    victims = [part(site, name) for name in killed]
    for pid in [part(site, name) for name in stopped]:
        os.kill(pid, signal.SIGSTOP)

    kill_supervisor(site)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    site.ready()

    assert site.get("/livez") == 200
    assert old.isdisjoint(site.processes())


def test_nothing_survives_a_hard_kill(site):
    site.ready()

    kill_supervisor(site)

    wait_until(lambda: not site.processes(), lambda: str(site.processes()))


def test_stranger_with_a_remembered_number_is_left_alone(site):
    (site.data_dir / "run").mkdir(parents=True)
    (site.data_dir / "run" / "children").write_text(f"{os.getpid()} 12345 another boot\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()

        site.start()

        assert site.exit_code() == 1

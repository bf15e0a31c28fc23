"""The queue server dies, again and again or with damaged files: the pages go on, and so do the tasks."""

import os
import signal
import sys
from contextlib import closing

import pytest
from peewee import sqlite3

from tests.end_to_end.running_site import WEB_SERVER, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

WITH_SHORT_PAUSES = [
    sys.executable,
    "-c",
    "import runpy; from microblog.server import restarts; restarts.LONGEST_PAUSE_S = 0.5; "
    "runpy.run_module('microblog.server.supervisor', run_name='__main__')",
]


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site") as site:
        yield site


def wait_while_it_serves(site, condition):
    """Wait for *condition()*; each time before it is asked, a page has to be there."""

    def serves_and_condition():
        assert site.get("/auth/login") == 200, site.output()
        return condition()

    wait_until(serves_and_condition, site.output)


def kill_queue_server(site):
    """Kill it as soon as there is one. Returns its process id."""
    wait_while_it_serves(site, lambda: site.find("queue.sock"))
    pid = site.find("queue.sock")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: site.find("queue.sock") != pid)
    return pid


def state_of(site, task_id):
    with closing(sqlite3.connect(site.data_dir / "microblog.db")) as database:
        return database.execute("SELECT state FROM task WHERE id = ?", [task_id]).fetchone()[0]


def test_damaged_files_do_not_take_the_pages_down_and_tasks_run_again(site):
    site.ready()
    [file] = (site.data_dir / "queue" / "appendonlydir").glob("*.incr.aof")
    with file.open("r+b") as damaged:
        damaged.write(b"0123456789")
    kill_queue_server(site)
    task_id = site.flask("tasks", "example", "1").split()[-1]  # A line of the log may come before it.

    wait_while_it_serves(site, lambda: state_of(site, task_id) == "succeeded")

    assert (site.data_dir / "queue.broken" / "appendonlydir").exists()
    assert "the queue server did not start: starting it empty, its former data lies in " in site.output()
    assert not site.ended


def test_eight_deaths_within_a_minute_do_not_end_the_site(site):
    site.start(WITH_SHORT_PAUSES)
    wait_until(lambda: site.said(f"ready {site.url}"), site.output)

    killed = {kill_queue_server(site) for _ in range(8)}

    assert len(killed) == 8
    wait_while_it_serves(site, lambda: site.get("/readyz") == 200)
    assert not site.ended


def test_deaths_of_the_parts_are_counted_apart(site):
    site.ready()

    for _ in range(2):
        kill_queue_server(site)
    for part in [WEB_SERVER, "huey_consumer"] * 2:
        pid = site.find(part)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid, part=part: site.find(part) not in (None, pid), site.output)

    wait_until(lambda: site.get("/readyz") == 200, site.output)
    assert not site.ended


def test_without_a_queue_server_that_starts_the_pages_are_there_and_a_stop_is_obeyed(tmp_path):
    broken = tmp_path / "valkey-server"
    broken.write_text('#!/bin/sh\nif [ "$1" = --version ]; then echo v=9.0.0; else exit 1; fi\n')
    broken.chmod(0o700)
    with RunningSite(tmp_path / "site", PATH=f"{tmp_path}:{os.environ['PATH']}") as site:
        site.start()
        wait_until(lambda: site.get("/auth/login") == 200 or site.ended, site.output)
        os.kill(site.find(WEB_SERVER), signal.SIGKILL)
        wait_until(lambda: site.said("web server died (SIGKILL), starting it again"), site.output)
        wait_until(lambda: site.get("/readyz") == 503, site.output)

        site.process.terminate()

        assert site.exit_code() == 0
        assert site.processes() == {}
        assert "Traceback" not in site.output()
        assert site.output().count("queue server died (exit 1)") < 10

"""Starting and stopping the whole site: real processes, killed for real."""

import os
import signal
import socket
import stat
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from peewee import sqlite3

from tests.end_to_end.running_site import WEB_SERVER, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site") as site:
        yield site


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with RunningSite(tmp_path_factory.mktemp("running") / "site") as site:
        yield site.ready()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def refusal(site):
    """What a start that must fail prints, and its exit code."""
    site.start()
    code = site.exit_code()
    assert not site.processes()
    return site.output(), code


def test_it_serves_and_says_where(running):
    output = running.output()
    assert running.get("/livez") == 200
    assert f"data folder: {running.data_dir}" in output
    assert "queue server: " in output
    assert f"mail: no MAIL_SERVER, written to {running.data_dir}/outbox" in output


def test_it_shows_the_way_to_the_first_account(running):
    code = (running.data_dir / "setup_code").read_text().strip()
    lines = running.output().splitlines()

    ready = lines.index(f"ready {running.url}")
    assert lines[ready - 1] == f"make the first administrator's account at: {running.url}/setup?code={code}"


def test_a_start_prints_four_lines_and_keeps_the_rest_in_its_log(running):
    lines = running.printed().splitlines()
    log = running.data_dir / "log" / "site.log"

    assert lines.index(f"ready {running.url}") == 3
    assert lines[:2] == [
        f"data folder: {running.data_dir} (log: log/site.log)",
        f"mail: no MAIL_SERVER, written to {running.data_dir}/outbox",
    ]
    assert "peewee.migrations" in log.read_text()


def test_what_it_writes_is_for_its_owner_only(running):
    paths = [running.data_dir, *running.data_dir.rglob("*")]

    assert [path for path in paths if mode(path) & 0o077] == []


@pytest.mark.asvs("6.3.1")
def test_a_burst_of_wrong_passwords_passes_no_more_than_the_limit_allows(running):
    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(lambda _: running.try_password("susan", "wrong horse"), range(40)))

    assert sorted(statuses) == [401] * 5 + [429] * 35


def test_second_start_in_the_same_folder_is_refused(running):
    second = RunningSite(running.data_dir)
    second.log = running.data_dir.with_name("second.log")

    second.start()

    assert second.exit_code() == 1
    assert second.printed() == (
        f"microblog: the data folder {running.data_dir} is in use: this site runs already; stop it first\n"
    )
    assert running.get("/readyz") == 200


def test_killed_consumer_is_started_again(running):
    os.kill(running.find("huey_consumer"), signal.SIGKILL)

    wait_until(lambda: running.said("background worker died (SIGKILL), starting it again"), running.output)
    wait_until(lambda: running.get("/readyz") == 200, running.output)


def test_killed_web_server_is_started_again_though_its_workers_held_the_port(running):
    os.kill(running.find(WEB_SERVER), signal.SIGKILL)

    wait_until(lambda: running.said("web server died (SIGKILL), starting it again"), running.output)
    wait_until(lambda: running.get("/readyz") == 200, running.output)


def test_killed_queue_server_is_started_again(running):
    os.kill(running.find("queue.sock"), signal.SIGKILL)

    wait_until(lambda: running.said("queue server died (SIGKILL), starting it again"), running.output)
    wait_until(lambda: running.get("/readyz") == 200, running.output)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_stop_everything(site, how):
    site.ready()

    os.killpg(site.process.pid, how)  # The group, as Ctrl-C and a closed terminal do it.

    assert site.exit_code() == 0
    assert site.processes() == {}
    assert list((site.data_dir / "run").glob("queue.*")) == []


def test_running_job_is_finished_however_often_the_end_is_asked_for(site):
    site.ready()
    task_id = site.flask("tasks", "example", "3").strip()
    wait_until(lambda: state_of(site, task_id) == "running")

    for how in [signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
        site.process.send_signal(how)

    assert site.exit_code() == 0
    assert state_of(site, task_id) == "succeeded"


def state_of(site, task_id):
    """Read in place: a command may take longer to start than the job to end."""
    with closing(sqlite3.connect(site.data_dir / "microblog.db")) as database:
        return database.execute("SELECT state FROM task WHERE id = ?", [task_id]).fetchone()[0]


def test_closed_terminal_stops_everything(site):
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    take_terminal = f"import fcntl, runpy; fcntl.ioctl(0, {termios.TIOCSCTTY}, 0); "
    run = "runpy.run_module('microblog.server.supervisor', run_name='__main__')"
    site.start([sys.executable, "-c", take_terminal + run], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    wait_until(lambda: read_all(ours) and site.get("/readyz") == 200)

    os.close(ours)

    assert site.exit_code() == 0
    assert site.processes() == {}


def test_closed_pipe_stops_nothing(site):
    site.start(stdout=subprocess.PIPE)
    site.process.stdout.close()

    wait_until(lambda: site.get("/readyz") == 200, site.output)
    site.process.terminate()

    assert site.exit_code() == 0


def read_all(descriptor):
    """Drain the terminal, so that its writers never block. Always true."""
    try:
        while os.read(descriptor, 65536):
            pass
    except BlockingIOError:
        return True


def test_five_deaths_within_a_minute_stop_everything(site):
    site.ready()

    for _ in range(5):
        consumer = site.find("huey_consumer")
        os.kill(consumer, signal.SIGKILL)
        wait_until(lambda killed=consumer: site.ended or site.find("huey_consumer") not in (None, killed))

    assert site.exit_code() == 1
    assert site.processes() == {}
    assert "microblog: background worker died (SIGKILL), 5 deaths within a minute: giving up" in site.output()


def test_torn_queue_data_do_not_keep_it_from_starting(site):
    torn = site.data_dir / "queue" / "appendonlydir"
    torn.mkdir(parents=True)
    (torn / "appendonly.aof.manifest").write_text("rubbish\n")

    site.ready()

    assert (site.data_dir / "queue.broken").exists()


def test_long_path_of_the_data_folder_is_no_obstacle(tmp_path):
    with RunningSite(tmp_path / ("long " * 25).strip() / "site") as site:
        site.data_dir.parent.mkdir()
        site.ready()
        socket_path = (site.data_dir / "run" / "queue.url").read_text().strip().removeprefix("unix://")

        site.process.terminate()

        assert site.exit_code() == 0
        assert len(socket_path) < 100
        assert not Path(socket_path).parent.exists()


def test_taken_port_is_refused(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", site.port))
        taken.listen()

        assert refusal(site) == (
            f"microblog: cannot listen on 127.0.0.1:{site.port}: Address already in use; "
            "set HOST or PORT to another\n",
            1,
        )


def test_data_folder_that_cannot_be_made_is_refused(site):
    site.data_dir.write_text("a file in the way")

    assert refusal(site) == (
        f"microblog: cannot write to the data folder {site.data_dir}: File exists; set DATA_DIR to another\n",
        1,
    )


def test_bad_settings_are_refused_with_every_fault(tmp_path):
    with RunningSite(tmp_path / "site", WORKERS="1", LOG_LEVEL="loud") as site:
        output, code = refusal(site)

    assert code == 2
    assert output.startswith("microblog: bad settings: ")
    assert "WORKERS=1 " in output
    assert "LOG_LEVEL=loud " in output
    assert output.count("\n") == 1


def test_migration_that_fails_stops_the_start(site):
    site.data_dir.mkdir()
    (site.data_dir / "microblog.db").write_text("this is no database" * 1000)

    output, code = refusal(site)

    assert code == 1
    lines = output.splitlines()
    assert lines[-1].startswith("Error: the database does not answer (file is not a database); see: ")
    assert sum("database" in line for line in lines) == 1, "it is said once"

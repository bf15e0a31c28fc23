import os
import signal
import sys

import pytest

from microblog.server import process_groups
from microblog.server.children import wait_until
from microblog.server.leftovers import Record
from tests.server.conftest import SOON_S
from tests.server.test_children import POLITE, STUBBORN

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

OUTLIVED = "(while :; do sleep 0.1; done) & echo > here; exit 0"


@pytest.fixture
def record(tmp_path):
    (tmp_path / "run").mkdir()
    return Record(tmp_path)


@pytest.fixture
def start_ours(start, record):
    """``start``, with the environment of a child of this site."""
    name, _, value = os.fsdecode(record.variable).partition("=")
    return lambda script: start(script, env={**os.environ, name: value})


def test_who_is_remembered_is_ended_politely_or_by_force_and_then_forgotten(start, record, monkeypatch):
    monkeypatch.setattr("microblog.server.leftovers.PATIENCE_S", 1)
    polite, stubborn = start(POLITE), start(STUBBORN)
    record.write([polite, stubborn])

    record.end_leftovers()

    assert wait_until(lambda: not (polite.alive or stubborn.alive), SOON_S)
    assert (polite.ending, stubborn.ending) == ("exit 7", "SIGKILL")
    assert not record.path.exists()


def test_who_is_stopped_and_does_not_hear_is_ended(start, record, monkeypatch):
    monkeypatch.setattr("microblog.server.leftovers.PATIENCE_S", 1)
    child = start(POLITE)
    os.killpg(child.pid, signal.SIGSTOP)
    record.write([child])

    record.end_leftovers()

    assert wait_until(lambda: not child.alive, SOON_S)
    assert child.ending == "SIGKILL"


@linux_only
def test_who_outlives_the_child_that_started_it_is_ended(start_ours, record):
    child = start_ours(OUTLIVED)
    assert wait_until(lambda: not child.alive, SOON_S)
    record.write([child])
    assert process_groups.is_alive(child.pid)

    record.end_leftovers()

    assert not process_groups.is_alive(child.pid)


@linux_only
def test_a_stranger_whose_own_leader_is_dead_is_left_alone(start, start_ours, record):
    strange, ours = start(OUTLIVED), start_ours(OUTLIVED)
    assert wait_until(lambda: not (strange.alive or ours.alive), SOON_S)
    ours.start_time = f"{ours.start_time.split()[0]} another boot"
    record.write([strange, ours])

    record.end_leftovers()

    assert process_groups.is_alive(strange.pid)
    assert process_groups.is_alive(ours.pid)


def test_a_stranger_with_a_remembered_number_is_left_alone(start, record):
    child = start(POLITE)
    record.path.write_text(f"{child.pid} born at another time\n{child.pid} \n")

    record.end_leftovers()

    assert child.alive


def test_the_dead_are_no_obstacle(start, record):
    child = start("echo > here; exit 0")
    record.write([child])
    child.sweep()
    record.write([child])

    record.end_leftovers()

    assert not record.path.exists()


def test_a_record_that_is_not_there_remembers_nobody(record):
    record.end_leftovers()
    record.forget()


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b"\xff\xfe\0",
        b"-1 12 boot\n",
        b"0 12 boot\n1 12 boot\n",
        b"9" * 5000 + b" 12 boot\n",
        b"12",
        b"12 34",
    ],
)
def test_a_damaged_record_is_no_obstacle(record, rubbish):
    record.path.write_bytes(rubbish)

    record.end_leftovers()

    assert not record.path.exists()

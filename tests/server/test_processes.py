"""What is left of children, after their death and after that of a whole start: found by standard input."""

import os
import shutil
import signal
from types import SimpleNamespace

import pytest

from microblog.base.config import Settings
from microblog.server import processes
from microblog.server.children import end, leftovers
from microblog.server.processes import wait_until
from tests.server.conftest import SOON_S
from tests.server.test_children import POLITE, STUBBORN

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

# A shell gives what it starts with "&" another standard input; web processes have that of the web server.
OUTLIVED = "exec 3<&0; (while :; do sleep 0.1; done) <&3 & echo > here; exit 0"


def test_what_a_killed_start_has_left_is_ended_politely_or_by_force(start, settings):
    polite, stubborn = start(POLITE), start(STUBBORN)

    end(leftovers(settings), timeout_s=1)

    assert wait_until(lambda: not (polite.alive or stubborn.alive), SOON_S)
    assert (polite.ending, stubborn.ending) == ("exit 7", "SIGKILL")


def test_who_is_stopped_and_does_not_hear_is_ended(start, settings):
    child = start(POLITE)
    os.killpg(child.process.pid, signal.SIGSTOP)

    end(leftovers(settings), timeout_s=1)

    assert wait_until(lambda: not child.alive, SOON_S)
    assert child.ending == "SIGKILL"


@pytest.mark.parametrize("how", ["as here", "by lsof"])
def test_who_outlives_the_child_that_started_it_is_ended(start, settings, monkeypatch, how):
    if how == "by lsof":
        if not shutil.which("lsof"):
            pytest.skip("there is no lsof")
        monkeypatch.setattr(processes, "sys", SimpleNamespace(platform="darwin"))
    child = start(OUTLIVED)
    assert wait_until(lambda: not child.alive, SOON_S)
    assert child.left()

    end(leftovers(settings), SOON_S)

    assert not child.left()


def test_a_system_that_cannot_list_them_is_no_obstacle(start, settings, monkeypatch):
    child = start(POLITE)
    monkeypatch.setattr(processes, "sys", SimpleNamespace(platform="plan9"))
    monkeypatch.setattr(processes, "LSOF_PATH", "/nowhere")

    end(leftovers(settings), timeout_s=0)

    assert child.alive


def test_the_children_of_another_site_are_left_alone(start, settings, tmp_path):
    other = Settings(data_dir=tmp_path / "other")
    other.data_dir.mkdir()
    stranger = start(OUTLIVED, settings=other)
    assert wait_until(lambda: not stranger.alive, SOON_S)
    start(POLITE)

    end(leftovers(settings), SOON_S)

    assert stranger.left()


def test_who_has_another_file_of_the_same_path_is_left_alone(start, settings):
    child = start(POLITE)
    child.input.rename(child.input.with_suffix(".moved"))
    child.input.touch()

    end(leftovers(settings), SOON_S)

    assert child.alive


def test_a_data_folder_behind_a_symbolic_link_is_the_same_one(start, settings, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(settings.data_dir)
    child = start(POLITE, settings=Settings(data_dir=link))

    end(leftovers(settings), SOON_S)

    assert wait_until(lambda: not child.alive, SOON_S)


def test_the_dead_are_no_obstacle(start, settings):
    start("echo > here; exit 0").sweep()

    end(leftovers(settings), SOON_S)


def test_without_a_former_start_nothing_is_left(settings):
    assert leftovers(settings) == []


def test_what_somebody_writes_into_a_standard_input_reaches_no_child(start, settings, tmp_path):
    (settings.data_dir / "run" / "child 0.input").write_bytes(b"\xff\xfe\0 12 34\n")

    start("cat > read; echo > here; sleep 60")

    assert (tmp_path / "0" / "read").read_bytes() == b""


def test_waiting_asks_at_least_once_and_tells_what_came_of_it():
    answers = iter([False, False, True])

    assert wait_until(lambda: True, timeout_s=0)
    assert not wait_until(lambda: False, timeout_s=0)
    assert wait_until(lambda: next(answers), SOON_S)

import time

import pytest

from microblog.server.children import end, wait_until
from tests.server.conftest import SOON_S

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

POLITE = "sleep 60 & trap 'kill $!; exit 7' TERM; echo > here; wait"
STUBBORN = "trap '' TERM; echo > here; while :; do sleep 0.1; done"


@pytest.mark.parametrize(("script", "ending"), [("exit 3", "exit 3"), ("kill -9 $$", "SIGKILL")])
def test_how_it_ended_is_told_in_words(start, script, ending):
    child = start(f"echo > here; {script}")

    assert wait_until(lambda: not child.alive, SOON_S)
    assert child.ending == ending


def test_who_goes_when_asked_is_not_killed_and_who_does_not_is(start):
    polite, stubborn = start(POLITE), start(STUBBORN)

    end([polite, stubborn], timeout_s=1)

    assert (polite.ending, stubborn.ending) == ("exit 7", "SIGKILL")


def test_who_is_not_to_be_asked_gets_the_time_alone(start):
    child = start("trap 'exit 7' TERM; echo > here; sleep 0.3; exit 0", stop_signal=None)

    end([child], SOON_S)

    assert child.ending == "exit 0"


def test_what_a_child_started_and_left_behind_ends_with_it(start, tmp_path):
    child = start("(while :; do date >> beats; sleep 0.05; done) & echo > here; exit 0")
    beats = tmp_path / "0" / "beats"
    assert wait_until(beats.exists, SOON_S)

    end([child], SOON_S)

    size = beats.stat().st_size
    assert not wait_until(lambda: beats.stat().st_size != size, timeout_s=0.3)


def test_the_end_of_nobody_is_not_waited_for(monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)

    end([], SOON_S)

    assert pauses == []


def test_waiting_asks_at_least_once_and_tells_what_came_of_it():
    answers = iter([False, False, True])

    assert wait_until(lambda: True, timeout_s=0)
    assert not wait_until(lambda: False, timeout_s=0)
    assert wait_until(lambda: next(answers), SOON_S)

import time
from types import SimpleNamespace

import pytest

from microblog.server import restarts
from microblog.server.children import CannotRun, Child, end
from microblog.server.processes import wait_until
from tests.server.conftest import SOON_S

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

POLITE = "sleep 60 & trap 'kill $!; exit 7' TERM; echo > here; wait"
STUBBORN = "trap '' TERM; echo > here; while :; do sleep 0.1; done"


@pytest.fixture
def clock(monkeypatch):
    """What the children take for the time: ``clock.now`` seconds."""
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(restarts, "time", clock)
    return clock


@pytest.fixture
def make(settings, said):
    """A function that makes a child of a shell's *script*."""
    made = []

    def make(script, essential=True):
        part = Child(f"part {len(made)}", ["sh", "-c", script], settings)
        part.restarts.most_deaths = 5 if essential else None
        made.append(part)
        return part

    yield make
    for part in made:
        part.sweep()


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


def pause_after_death(part, clock):
    """Wait until *part* ends and is started again. Returns how many seconds that took by the *clock*."""
    part.process.wait()
    ended_at = clock.now
    part.tend()
    while part.restarts.start_at is not None:
        clock.now = part.restarts.start_at
        part.tend()
    return clock.now - ended_at


def test_it_is_started_when_it_is_tended_and_then_left_alone(make, said):
    part = make("sleep 60")

    part.tend()
    first = part.process
    part.tend()

    assert part.alive
    assert part.process is first
    assert said == []


def test_it_is_started_again_at_once_and_then_after_pauses_that_double(make, clock, said):
    part = make("exit 3", essential=False)
    part.tend()

    pauses = [pause_after_death(part, clock) for _ in range(8)]

    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30]
    assert len(said) == 8
    assert said[0] == "part 0 died (exit 3), starting it again"
    assert said[-1] == "part 0 died (exit 3), starting it again in 30 s"


def test_after_a_quiet_minute_it_is_started_at_once_again(make, clock):
    part = make("exit 3")
    part.tend()
    for _ in range(4):
        pause_after_death(part, clock)

    clock.now += 61

    assert pause_after_death(part, clock) == 0


def test_the_fifth_death_of_an_essential_one_within_a_minute_is_the_last(make, clock):
    part, other = make("exit 3"), make("exit 3")
    part.tend()
    other.tend()
    for _ in range(4):
        pause_after_death(part, clock)
        pause_after_death(other, clock)
    part.process.wait()

    with pytest.raises(CannotRun, match=r"^part 0 died \(exit 3\), 5 deaths within a minute: giving up"):
        part.tend()


def test_what_cannot_be_started_is_tried_again(make, clock, said, tmp_path):
    part = make("exit 3")
    part.command = [str(tmp_path / "missing")]

    part.tend()
    assert not part.alive
    part.command = ["sh", "-c", "exit 3"]
    part.tend()

    assert part.restarts.start_at is None
    assert said == ["part 0 cannot be started (No such file or directory), starting it again"]


def test_what_has_been_swept_is_not_killed_again(make, clock, monkeypatch):
    """Its number may belong to others when the site stops."""
    part = make("exit 3", essential=False)
    part.tend()
    pause_after_death(part, clock)
    part.process.wait()
    part.tend()
    killed = []
    for name in ("os.kill", "os.killpg"):
        monkeypatch.setattr(name, lambda *args: killed.append(args))

    part.sweep()

    assert killed == []

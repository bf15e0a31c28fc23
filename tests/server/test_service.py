from types import SimpleNamespace

import pytest

from microblog.server import service
from microblog.server.service import CannotRun, Service

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def clock(monkeypatch):
    """What the services take for the time: ``clock.now`` seconds."""
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(service, "time", clock)
    return clock


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(service, "say", lines.append)
    return lines


@pytest.fixture
def make(said):
    """A function that makes a service of a shell's *script*."""
    made = []

    def make(script, essential=True):
        part = Service("a part", ["sh", "-c", script])
        part.essential = essential
        made.append(part)
        return part

    yield make
    for part in made:
        part.sweep()


def pause_after_death(part, clock):
    """Wait until *part* ends and is started again. Returns how many seconds that took by the *clock*."""
    part.process.wait()
    ended_at = clock.now
    while not part.tend():
        clock.now = part.start_at
    return clock.now - ended_at


def test_it_is_started_when_it_is_tended_and_then_left_alone(make, said):
    part = make("sleep 60")

    assert [part.tend(), part.tend()] == [True, False]
    assert part.alive
    assert said == []


def test_it_is_started_again_at_once_and_then_after_pauses_that_double(make, clock, said):
    part = make("exit 3", essential=False)
    part.tend()

    pauses = [pause_after_death(part, clock) for _ in range(8)]

    assert pauses == [0, 0.5, 1, 2, 4, 8, 16, 30]
    assert len(said) == 8
    assert said[0] == "a part died (exit 3), starting it again"
    assert said[-1] == "a part died (exit 3), starting it again in 30 s"


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

    with pytest.raises(
        CannotRun, match=r"^a part died \(exit 3\), the fifth death within a minute: giving up"
    ):
        part.tend()


def test_what_cannot_be_started_is_tried_again(make, clock, said, tmp_path):
    part = make("exit 3")
    part.command = [str(tmp_path / "missing")]

    assert not part.tend()
    assert not part.alive
    part.command = ["sh", "-c", "exit 3"]

    assert part.tend()
    assert said == ["a part cannot be started (No such file or directory), starting it again"]


def test_what_has_been_swept_is_not_killed_again(make, clock, monkeypatch):
    """Its number may belong to others when the site stops."""
    part = make("exit 3", essential=False)
    part.tend()
    pause_after_death(part, clock)
    part.process.wait()
    part.tend()
    killed = []
    monkeypatch.setattr("microblog.server.process_groups.send_signal", lambda *args: killed.append(args))

    part.sweep()

    assert killed == []

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from microblog.server.forked import Forked
from microblog.server.processes import wait_until
from tests.server.conftest import SOON_S

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def fork(tmp_path):
    """A function that forks a process that runs *main*, with its output in ``tmp_path / "output"``."""
    forked = []

    def fork(main, words=("a", "part")):
        with (tmp_path / "output").open("wb") as output:
            forked.append(Forked(main, list(words), (None, output, output), lambda: None))
        return forked[-1]

    yield fork
    for one in forked:
        if one.poll() is None:
            os.kill(one.pid, signal.SIGKILL)
        one.wait()


@pytest.fixture
def output(tmp_path):
    """A function that reads what has been written so far."""
    return (tmp_path / "output").read_text


def fail():
    raise RuntimeError("no luck")


def say_later():
    def say():
        time.sleep(0.1)
        os.write(1, b"said at last")

    threading.Thread(target=say).start()


@pytest.mark.parametrize(
    ("main", "code"),
    [
        (lambda: None, 0),
        (lambda: 3, 3),
        (sys.exit, 0),
        (lambda: sys.exit(4), 4),
        (lambda: sys.exit("a reason"), 1),
        (fail, 1),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL),
    ],
)
def test_the_exit_code_is_that_of_a_program(fork, main, code):
    assert fork(main).wait() == code


def test_nothing_of_what_called_it_happens_in_the_copy(fork, tmp_path):
    here = os.getpid()
    try:
        forked = fork(lambda: sys.exit(0))
    finally:
        (tmp_path / str(os.getpid())).touch()

    forked.wait()
    assert [path.name for path in tmp_path.iterdir() if path.name.isdigit()] == [str(here)]


def test_an_exception_is_told_where_its_output_goes(fork, output):
    fork(fail).wait()

    assert "RuntimeError: no luck" in output()


def test_what_a_thread_is_still_at_is_done(fork, output):
    fork(say_later).wait()

    assert output() == "said at last"


def test_it_ends_by_a_signal_that_this_process_would_note(fork):
    former = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        forked = fork(signal.pause)
        os.kill(forked.pid, signal.SIGTERM)

        assert forked.wait() == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, former)


def test_it_has_a_session_of_its_own(fork, output):
    forked = fork(lambda: os.write(1, str(os.getsid(0)).encode()) and None)

    forked.wait()
    assert output() == str(forked.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show the command line of the original")
@pytest.mark.parametrize("words", [["microblog", "web"], ["huey_consumer", "x" * 100_000]])
def test_the_system_shows_its_own_command_line(fork, words):
    forked = fork(signal.pause, words)
    line = Path(f"/proc/{forked.pid}/cmdline")

    assert wait_until(lambda: line.read_text().startswith(words[0]), SOON_S)
    shown = line.read_text().rstrip("\0")
    assert shown == "\0".join(words)[: len(shown)]

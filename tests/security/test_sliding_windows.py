import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from microblog.base import counts, database
from microblog.base.database import data_dir
from microblog.security import sliding_windows
from microblog.security.sliding_windows import Exceeded, Rate

FIVE = sliding_windows.rates("5 per minute")
# Twenty threads of a process of its own, which begin when they are told to.
TWENTY_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from microblog.base import database
from tests.security.test_sliding_windows import passes
database.init(sys.argv[1])
print("ready", flush=True)
input()
with ThreadPoolExecutor(20) as pool:
    print(sum(pool.map(passes, ["burst"] * 20)))
"""


def passes(key, rates=FIVE):
    try:
        sliding_windows.hit(key, rates)
    except Exceeded:
        return False
    return True


@pytest.fixture(autouse=True)
def folder(tmp_path):
    database.init(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("5 per minute; 60 per hour", [Rate(5, 60), Rate(60, 3600)]),
        ("10 per 10 minutes", [Rate(10, 600)]),
    ],
)
def test_rates_are_read(text, rates):
    assert sliding_windows.rates(text) == rates


def test_as_many_pass_as_the_rate_says_for_each_key():
    assert [passes("one") for _ in range(7)] == [True] * 5 + [False] * 2
    assert passes("another")


def test_the_window_slides(later):
    for second in range(5):
        later(seconds=10 * second)
        passes("key")

    later(seconds=59)
    with pytest.raises(Exceeded) as caught:
        sliding_windows.hit("key", FIVE)
    assert caught.value.wait_s == pytest.approx(1, abs=0.1)
    later(seconds=61)
    assert [passes("key"), passes("key")] == [True, False]


def test_every_rate_holds(later):
    rates = sliding_windows.rates("2 per minute; 3 per hour")
    assert [passes("key", rates) for _ in range(3)] == [True, True, False]

    later(minutes=2)

    assert [passes("key", rates) for _ in range(2)] == [True, False]


def test_what_is_given_back_does_not_count():
    for _ in range(9):
        sliding_windows.give_back(sliding_windows.hit("key", FIVE))

    assert passes("key")


def test_a_clock_that_was_set_back_keeps_nobody_waiting(later):
    later(days=1)
    for _ in range(6):
        passes("key")

    later(seconds=0)

    assert passes("key")


def test_a_burst_over_two_processes_passes_no_more_than_the_rate_says(folder):
    command = [sys.executable, "-c", TWENTY_AT_ONCE, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"

    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()

    assert sum(int(process.communicate()[0]) for process in both) == 5


def test_threads_share_one_connection():
    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(passes, ["key"] * 40)) == 5


@pytest.mark.parametrize("damage", ["no folder", "no database"])
def test_a_file_that_cannot_be_used_ends_no_limit(folder, damage, caplog, monkeypatch):
    monkeypatch.setattr(counts, "_outage_logged_at_s", -math.inf)
    if damage == "no folder":
        (folder / "run").write_text("in the way")
    else:
        (folder / "run").mkdir()
        (folder / "run" / "counts.db").write_text("no database " * 99)

    with caplog.at_level("WARNING"):
        assert [passes(damage) for _ in range(6)] == [True] * 5 + [False]

    assert len(caplog.records) == 1
    assert data_dir() == folder

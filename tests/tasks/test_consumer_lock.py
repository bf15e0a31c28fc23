import copy
import signal
import subprocess
import sys

from microblog.tasks.consumer_lock import ConsumerLock

HOLD = """
import sys, time
from pathlib import Path
from microblog.tasks.consumer_lock import ConsumerLock
lock = ConsumerLock(Path(sys.argv[1]))
lock.take()
print(lock.consumer_id, flush=True)
time.sleep(60)
"""


def test_a_worker_lives_as_long_as_its_process_and_not_a_moment_longer(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        name = process.stdout.readline().strip()
        assert ConsumerLock(tmp_path).living() == {name}

        process.send_signal(signal.SIGKILL)
        process.wait()

        assert ConsumerLock(tmp_path).living() == set()


def test_what_the_dead_left_behind_is_removed(tmp_path):
    lock = ConsumerLock(tmp_path)
    lock.take()
    lock.file.close()

    assert ConsumerLock(tmp_path).living() == set()
    assert list(tmp_path.iterdir()) == []


def test_every_start_has_a_name_of_its_own(tmp_path):
    """Also of processes that were forked from one: each has a copy of the object."""
    original = ConsumerLock(tmp_path)
    names = set()
    for lock in (copy.copy(original), copy.copy(original)):
        lock.take()
        lock.file.close()
        names.add(lock.consumer_id)

    assert len(names) == 2


def test_no_folder_means_no_worker(tmp_path):
    assert ConsumerLock(tmp_path / "missing").living() == set()

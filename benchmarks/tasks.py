"""
Tasks that do nothing, from the click to the end, beside the same messages in bare Huey, in one run.

    .venv/bin/python benchmarks/tasks.py [--tasks N] [--rounds N]

Launches, whole lives in one consumer, and both at once; then, one at a time, from a commit to the start.
Prints rates, and the CPU of either process, which other programs on the machine hardly change. The queue
server counts the messages. Bare Huey keeps no row: what it does in less time is what the promises cost.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from microblog.base import schema
from microblog.base.config import ROOT, Settings
from microblog.base.database import db
from microblog.models import User
from microblog.server import queue_server
from microblog.tables import TRIGGERS
from microblog.tasks.task import Task

CONSUMER = [sys.executable, "-m", "huey.bin.huey_consumer"]
OPTIONS = ["-k", "thread", "-w", "3", "-g", "TERM", "-m", "1"]
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# So much a consumer does before it takes its first message, and longer than any life.
IDLE_S = 1.5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=200, help="of the time from a commit to the start")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)):
        # Only now: with it the app is loaded, with the settings of the environment.
        import noop

        for way in (Ours(noop), Bare(noop)):
            show(way, options)


@contextmanager
def site(folder):
    """An empty database and a queue server in *folder*, which from here on the environment names."""
    os.environ |= {"DATA_DIR": str(folder), "REDIS_URL": "", "PYTHONPATH": str(ROOT)}
    settings = Settings.load()
    for name in ("run", "queue"):
        (folder / name).mkdir()
    path = queue_server.socket_path(settings)
    server = subprocess.Popen(queue_server.command(settings, path), stdout=subprocess.DEVNULL)  # noqa: S603
    queue_server.publish(settings, path)
    try:
        while not queue_server.answers(settings.queue_url):
            time.sleep(0.05)
        yield
    finally:
        db.close_all()
        server.terminate()
        server.wait()


class Ours:
    """Tasks of this site: each a row that is claimed, ended and told about."""

    name, consumer = "this site", "noop.huey"

    def __init__(self, noop):
        schema.migrate(TRIGGERS)
        db.connect()
        self.noop = noop
        self.redis = noop.huey.storage.conn
        self.people = iter(())

    def prepare(self, count):
        """Make *count* new people, each of whom clicks once."""
        first = User.select().count()
        with db.atomic():
            for number in range(first, first + count):
                name = f"u{number:08}"
                User.register(name, f"{name}@example.org", "x")
        self.people = iter(list(User.select().order_by(User.id.desc()).limit(count)))

    def launch(self):
        return Task.launch(self.noop.noop, next(self.people), "Doing nothing...")

    def wait(self):
        """Wait until all have ended."""
        while Task.select().where(Task.finished_at.is_null()).exists():
            time.sleep(0.02)

    def lives_s(self, count):
        """Seconds from the first start to the last end of the newest *count*."""
        newest = list(Task.select().order_by(Task.created_at.desc()).limit(count))
        return (
            max(one.finished_at for one in newest) - min(one.started_at for one in newest)
        ).total_seconds()

    def start_ms(self):
        """Milliseconds from the commit of one task to its start."""
        self.prepare(1)
        enqueue, committed_at_s = self.noop.huey.enqueue_item, []
        self.noop.huey.enqueue_item = lambda item: committed_at_s.append(time.time()) or enqueue(item)
        task = self.launch()
        self.noop.huey.enqueue_item = enqueue
        self.wait()
        return (Task.get_by_id(task.id).started_at.timestamp() - committed_at_s[0]) * 1000


class Bare:
    """The same in Huey alone: a message each, which nobody remembers."""

    name, consumer = "bare Huey", "noop.bare"

    def __init__(self, noop):
        self.noop = noop
        self.redis = noop.bare.storage.conn

    def prepare(self, _count):
        """Let the first one tell when it begins."""
        self.noop.stamp()

    def launch(self):
        self.noop.bare_noop()

    def wait(self):
        """Wait until all have ended, as one more tells."""
        self.noop.stamp()
        self.stamps = [self._stamp() for _ in range(2)]

    def lives_s(self, _count):
        return self.stamps[1] - self.stamps[0]

    def start_ms(self):
        sent = time.time()
        self.noop.stamp()
        return (self._stamp() - sent) * 1000

    def _stamp(self):
        return float(self.redis.blpop(self.noop.STAMPS, 60)[1])


def show(way, options):
    """Print the figures of one *way*."""
    count = options.tasks
    print(f"{way.name}: {count:,} tasks")
    way.prepare(count)
    show_rate("launches, no consumer", count, *timed(lambda: launch(way, count)))
    with consumer(way) as process:
        way.wait()
        print(f"  whole lives, one consumer: {count / way.lives_s(count):,.0f} a second")
        time.sleep(IDLE_S)
        way.prepare(count)
        writes, cpu_s = queue_writes(way), cpu_of(process.pid)
        show_rate("launches beside it", count, *timed(lambda: launch(way, count)))
        way.wait()
        lives_us = (cpu_of(process.pid) - cpu_s) / count * 1e6
        print(f"  CPU of the consumer: {lives_us:,.0f} µs a life")
        print(f"  messages of a life: {(queue_writes(way) - writes) / count:.2f}")
        starts_ms = [way.start_ms() for _ in range(options.rounds)]
        print(f"  from commit to start: {statistics.median(starts_ms):.2f} ms")


def launch(way, count):
    for _ in range(count):
        way.launch()


def timed(act):
    """How long *act* takes, and the CPU of this process: seconds."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began_s, time.process_time() - cpu_s


def show_rate(what, count, took_s, cpu_s):
    print(f"  {what}: {count / took_s:,.0f} a second, {cpu_s / count * 1e6:,.0f} µs of CPU each")


@contextmanager
def consumer(way):
    """A consumer of *way* while the block lasts."""
    command = [*CONSUMER, way.consumer, *OPTIONS]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=Path(__file__).parent, **streams)  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def cpu_of(pid):
    """Seconds of CPU that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def queue_writes(way):
    """How many messages the queue server was ever given."""
    commands = way.redis.info("commandstats")
    return sum(commands.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("zadd", "lpush"))


if __name__ == "__main__":
    main()

"""
The export of 100,000 posts beside its ceiling: the same rows by plain ``sqlite3`` and ``json``, in one run.

    .venv/bin/python benchmarks/export.py [--posts N] [--rounds N]

Prints posts per second as ratios to the ceiling, how much the process grew, and the progress writes.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from microblog import create_app
from microblog.base import schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.demo import fill
from microblog.exports import archive, export_posts
from microblog.models import User
from microblog.tables import TRIGGERS
from microblog.tasks.progress import SIGNAL_PROGRESS
from microblog.tasks.queue import huey
from microblog.tasks.task import Task

MIB = 1024**2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        create_app(Settings(data_dir=Path(folder), log_level="ERROR"))
        schema.migrate(TRIGGERS)
        huey.immediate = True
        huey.lock.take()
        with connected():
            fill(users=1, posts=options.posts, follows=0, seed=1)
            # First, while memory is still that of a fresh consumer.
            run_whole_task(User.named("demo1"))
            compare(User.named("demo1"), Path(folder), options.rounds)
        db.close_all()


def run_whole_task(user):
    """The job as the consumer runs it, with its progress, its file and its mail."""
    written = []
    huey.signal(SIGNAL_PROGRESS)(lambda _signal, _message, progress: written.append(progress.done))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    task = Task.get_by_id(Task.launch(export_posts, user, "Exporting posts...", by="a test").id)
    took_s = time.perf_counter() - began
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / MIB
    size = task.result["size_bytes"] / MIB
    print(f"the whole task, {task.state}: {took_s:.2f} s, a file of {size:.1f} MiB")
    print(f"  peak memory grew by {grew:.1f} MiB; {len(written)} progress writes")


def compare(user, folder, rounds):
    """Time the ways in turn, so that a machine whose speed drifts treats them alike."""
    ways = {
        "ceiling: SELECT and json.dumps, in memory": lambda: write_by_hand(user, folder / "hand.json"),
        "archive.write: pages, flat memory, synced": lambda: write_archive(user, folder / "archive.json"),
    }
    times_s = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            count = way()
            times_s[name].append(time.perf_counter() - began)
    ceiling_s = statistics.median(next(iter(times_s.values())))
    for name, took_s in times_s.items():
        median_s = statistics.median(took_s)
        rate, ratio = count / median_s, ceiling_s / median_s
        print(f"{name}\n  {median_s:.3f} s, {rate:,.0f} posts/s, {ratio:.2f} x the ceiling")


def write_by_hand(user, path):
    sql = "SELECT body, datetime(id / 1000000, 'unixepoch') FROM post WHERE author_id = ? ORDER BY id"
    rows = db.execute_sql(sql, (user.id,)).fetchall()
    path.write_text(json.dumps({"posts": [{"body": body, "timestamp": when} for body, when in rows]}))
    return len(rows)


def write_archive(user, path):
    return archive.write(user.id, path, path.with_suffix(".part"), lambda _done, _total: None).posts


if __name__ == "__main__":
    main()

"""
The export of 100,000 posts beside its ceiling: making, hashing and deflating its bytes alone, in one run.

    .venv/bin/python benchmarks/export.py [--posts N] [--rounds N]

Prints seconds of CPU time and their ratios, how much the process grew, and the progress writes.
"""

import argparse
import hashlib
import resource
import statistics
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from microblog import create_app
from microblog.base import schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.demo import fill
from microblog.exports import archive, export_posts, source_of
from microblog.exports.archive import feed, mastodon, own, pages, parts, snapshot
from microblog.exports.archive.container import LEVEL
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
        app = create_app(Settings(data_dir=Path(folder), log_level="ERROR"))
        schema.migrate(TRIGGERS)
        huey.immediate = True
        huey.lock.take()
        with connected():
            fill(users=1, posts=options.posts, follows=0, seed=1)
            # First, while memory is still that of a fresh consumer.
            run_whole_task(User.named("demo1"))
            with app.test_request_context():
                source = source_of(User.named("demo1"))
            compare(source, Path(folder) / "archive.zip", options.rounds)
        db.close_all()


def run_whole_task(user):
    """The job as the consumer runs it, with its progress, its files and its mail."""
    written = []
    huey.signal(SIGNAL_PROGRESS)(lambda _signal, _message, progress: written.append(progress.done))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    task = Task.get_by_id(Task.launch(export_posts, user, "Exporting posts...", by="a test").id)
    took_s = time.perf_counter() - began
    grew = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / MIB
    sizes = [task.result[name] / MIB for name in ("size_bytes", "archive_bytes")]
    print(f"the whole task, {task.state}: {took_s:.2f} s; {sizes[0]:.1f} MiB, archive {sizes[1]:.1f} MiB")
    print(f"  peak memory grew by {grew:.1f} MiB; {len(written)} progress writes")


def compare(source, path, rounds):
    """CPU time of the ways in turn, so that a machine whose speed drifts treats them alike."""
    ways = {
        "writing the archive": lambda: write(source, path),
        "reading it back": lambda: read_back(path),
        "making its text alone": lambda: make(source),
        "hashing and deflating its bytes alone": lambda: hash_and_deflate(path),
    }
    times_s = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times_s[name].append(way())
    median_s = {name: statistics.median(took_s) for name, took_s in times_s.items()}
    writing, reading, *alone = median_s.values()
    for name, took_s in median_s.items():
        print(f"{name}: {took_s:.2f} s")
    print(f"writing is {writing / sum(alone):.2f} x the ceiling, reading back {reading / sum(alone):.2f} x")


def write(source, path):
    began = time.process_time()
    with path.open("w+b") as file:
        parts.write(file, source, lambda _done, _total: None)
    return time.process_time() - began


def read_back(path):
    began = time.process_time()
    with path.open("rb") as file:
        assert not list(archive.Check(file).faults())
    return time.process_time() - began


def make(source):
    """The text of each format, page by page, and nothing done with it."""
    page = source.site.user_page("demo1")
    began = time.process_time()
    with snapshot.taken(source.user_id) as seen:
        for texts in (
            seen.oldest_first(own.POST, ",\n"),
            seen.newest_first(feed.item_of(source.site), ",\n"),
            seen.oldest_first(mastodon.activity_of(page, source.site), ",\n"),
            seen.newest_first(pages.article_of(source.site, "an answer"), "\n"),
        ):
            for _text, _count in texts:
                pass
    return time.process_time() - began


def hash_and_deflate(path):
    took_s = 0
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            with packed.open(name) as entry:
                packer, digest = zlib.compressobj(LEVEL), hashlib.sha256()
                while data := entry.read(MIB):
                    began = time.process_time()
                    digest.update(data)
                    zlib.crc32(data)
                    packer.compress(data)
                    took_s += time.process_time() - began
    return took_s


if __name__ == "__main__":
    main()

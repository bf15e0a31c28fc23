"""
An archive that comes back: how fast, with how much memory, and how pages answer meanwhile.

    .venv/bin/python benchmarks/imports.py [--posts N] [--rounds N] [--quick]

Prints posts a second of CPU time for each step and for SQLite's part alone, how much the process grew, and
what a page costs beside an import as a ratio to one without. ``--quick`` shows only that it works.
"""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
import traceback
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from microblog import create_app
from microblog.base import clock, schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.base.zips import SafeZip
from microblog.demo import fill
from microblog.exports import archive, source_of
from microblog.imports import jobs, own_archive, posts
from microblog.imports.folders import Folder
from microblog.imports.import_row import Import
from microblog.models import Post, Session, User
from microblog.tables import TRIGGERS

READ_POSTS = 50
PAGES = ("/explore", "/user/reader", "/tasks")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    count, rounds = (500, 1) if options.quick else (options.posts, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), log_level="ERROR", rate_limits=False))
        schema.migrate(TRIGGERS)
        path = Path(folder) / "archive.zip"
        with connected(), app.test_request_context():
            fill(users=1, posts=count, follows=0, seed=1)
            archive.write_zip(source_of(User.named("demo1")), path)
            reader = User.register("reader", "reader@example.org", "no password")
            for _ in range(READ_POSTS):
                Post.create(author=reader, body="Something to read https://blog.example.org")
            db.execute_sql("DELETE FROM post WHERE author_id = ?", (User.named("demo1").id,))
        measure(app, path, count, rounds)
        db.close_all()


def measure(app, path, count, rounds):
    measured = [in_a_process(lambda: bring_and_undo(app, path)) for _ in range(rounds)]
    typical = {name: statistics.median(each[name] for each in measured) for name in measured[0]}
    grew = typical.pop("memory")
    for name, took_s in typical.items():
        print(f"{name}: {took_s:.2f} s of CPU, {count / took_s:,.0f} posts a second")
    print(f"memory grew by {grew:.1f} MiB")
    alone_s, beside_s = pages_beside_imports(app, path, rounds)
    print(
        f"a page alone {alone_s * 1000:.2f} ms of CPU, beside an import {beside_s / alone_s:.2f} times that"
    )


def bring_and_undo(app, path):
    """The work of the tasks, without tasks: seconds of CPU time of each step, and MiB of ``memory``."""
    before, took_s = own_mib(), {}
    with connected(), app.app_context():
        user = User.named("demo1")
        row = Import.create(user=user, name="archive.zip", confirmed_at=clock.now())
        took_s["looking at the file"] = cpu_of(
            lambda: jobs.read(row, path, {}, say_nothing, app.config["SIGNING_KEYS"])
        )
        took_s["telling what is new"] = cpu_of(lambda: row.write(counts=jobs.count(row, say_nothing)))
        took_s["writing the posts"] = cpu_of(lambda: jobs.bring(row, None, say_nothing, succeed))
        took_s["all of it"] = sum(took_s.values())
        after = own_mib()
        took_s["undoing it"] = cpu_of(lambda: jobs.undo(row, say_nothing, succeed))
        row.delete_files()
        took_s["inserting the same rows alone"] = insert_alone(user, path)
    return took_s | {"memory": after - before}


def insert_alone(user, path):
    """Seconds that SQLite needs for the posts, with index and triggers: no import can be faster."""
    with path.open("rb") as file:
        records = own_archive.read(Folder(SafeZip(file), ""))
        rows = [
            (each.written_at, user.id, each.body, each.language, None, None, False, None) for each in records
        ]
    began = time.process_time()
    for start in range(0, len(rows), posts.BATCH):
        with db.atomic():
            db.execute_sql(posts.INSERT, (json.dumps(rows[start : start + posts.BATCH]),))
    took_s = time.process_time() - began
    Post.delete().where(Post.author == user).execute()
    return took_s


def pages_beside_imports(app, path, rounds):
    """Median seconds of CPU time of a page, alone and while another process imports."""
    browser = app.test_client()
    with connected():
        _session, secret = Session.start(User.named("reader"), False, "a benchmark")
    with browser.session_transaction() as session:
        session.update(_user_id=secret, _fresh=True)
    alone = [cpu_of(partial(browser.get, page)) for _ in range(20 * rounds) for page in PAGES]
    beside = []
    for _ in range(rounds):
        child = started(lambda: bring_and_undo(app, path))
        while not os.waitpid(child.pid, os.WNOHANG)[0]:
            beside += [cpu_of(partial(browser.get, page)) for page in PAGES]
        child.told.close()
    return statistics.median(alone), statistics.median(beside)


class Child(NamedTuple):
    """A process by its *pid*; *told*: a file with what it found out."""

    pid: int
    told: object


def started(work):
    """A ``Child`` that does *work*, which returns a dictionary."""
    db.close_all()
    reader, writer = os.pipe()
    if pid := os.fork():
        os.close(writer)
        return Child(pid, os.fdopen(reader))
    # Whatever is raised here: two processes must not go on.
    try:
        os.write(writer, json.dumps(work()).encode())
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def in_a_process(work):
    """What *work* returns, in a process of its own, so that each begins with the same memory."""
    child = started(work)
    with child.told as file:
        told = file.read()
    if os.waitpid(child.pid, 0)[1]:
        sys.exit("an import failed")
    return json.loads(told)


def own_mib():
    """Memory of this process alone: not the database that it maps, which the kernel shares and takes back."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) / 1024


def cpu_of(step):
    began = time.process_time()
    step()
    return time.process_time() - began


def say_nothing(_done, _total):
    pass


def succeed(_result):
    return True


if __name__ == "__main__":
    main()

"""
Every page among ten times as many rows: its cost as a multiple of the same among fewer, in one run.

    .venv/bin/python benchmarks/growth.py [--only home,search] [--rounds N] [--quick]

Fills two sites: 1,000 people with 200,000 posts, 100,000 tasks that have ended, and somebody with 5,000
notifications; and ten times as much of each. Each is in a process of its own, and is asked for every page in
turns with the other, without a server. Prints Markdown: CPU of the process, and the steps that SQLite's
virtual machine takes, which no other program disturbs. Those of a full-text search are not among them.
"""

import argparse
import multiprocessing
import random
import re
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent.parent))

import asked
import filled
from clients import InProcess, Request

from microblog.base.database import db
from microblog.demo import PASSWORD
from microblog.models import User

TIMES = 10
TURN_S = 0.05
WARM_REQUESTS = 5
# What is multiplied: by TIMES for the smaller site, and once more for the other.
BASE = {"users": 100, "posts": 20_000, "tasks": 10_000, "notifications": 500}
QUICK = {"users": 12, "posts": 50, "tasks": 10, "notifications": 20}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", help="parts of names of pages, such as home,search")
    parser.add_argument("--rounds", type=int, default=10, help="turns of each page")
    parser.add_argument("--quick", action="store_true", help="few rows, in half a minute")
    options = parser.parse_args()
    base = QUICK if options.quick else BASE
    with site(base, TIMES) as fewer, site(base, TIMES * TIMES) as more:
        print(f"| page | among {fewer.told} | {more.told} | × | steps | × |\n|---|---|---|---|---|---|")
        for name in PAGES:
            if any(word.strip() in name for word in options.only.split(",")):
                compare(name, fewer, more, options.rounds)


def compare(name, fewer, more, rounds):
    """Print what the page *name* costs in both sites."""
    turns = [(fewer.ask(name), more.ask(name)) for _ in range(rounds)]
    cpus_s = [statistics.median(one.cpu_s for one in column) for column in zip(*turns, strict=True)]
    ratio = statistics.median(many.cpu_s / few.cpu_s for few, many in turns)
    few, many = turns[-1]
    print(
        f"| {name} | {cpus_s[0] * 1000:.2f} ms | {cpus_s[1] * 1000:.2f} ms | {ratio:.2f} "
        f"| {few.steps:,} | {many.steps / few.steps if few.steps else 1:.2f} |",
        flush=True,
    )


class Site:
    """One that another process has filled and asks for pages, as it is told by *pipe*."""

    def __init__(self, pipe, told):
        self._pipe, self.told = pipe, told

    def ask(self, name):
        """Have the page *name* asked for some times; return the median ``cpu_s``, and the ``steps``."""
        self._pipe.send(name)
        return SimpleNamespace(**self._pipe.recv())


@contextmanager
def site(base, times):
    """A Site with *base*, *times* over."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=answer, args=(other, base, times))
    process.start()
    try:
        yield Site(pipe, f"{base['posts'] * times:,} posts")
    finally:
        pipe.send(None)
        process.join()


def answer(pipe, base, times):
    """Fill a site, and ask it for whatever comes through *pipe*, until that is None."""
    of_the_first = {name: base[name] * times for name in ("tasks", "notifications")}
    options = SimpleNamespace(**base | of_the_first)
    with tempfile.TemporaryDirectory() as folder:
        pages = Pages(filled.make(folder, options, times=times))
        while name := pipe.recv():
            pipe.send(pages.turn(name))
        db.close_all()


class Pages:
    """What is asked for in this process."""

    def __init__(self, site):
        self.site, self.asks, self.steps = site, {}, 0
        db.connect()  # Held by this thread, and so that of each request.

    def turn(self, name):
        """Ask for *name* again and again, then once more for its steps."""
        if name not in self.asks:
            self.asks[name] = self._asking(PAGES[name])
        ask, took_s, until = self.asks[name], [], time.thread_time() + TURN_S
        while not took_s or time.thread_time() < until:
            took_s.append(ask())
        return {"cpu_s": statistics.median(took_s), "steps": self._counted(ask)}

    def _asking(self, page):
        person = self.site.people[0 if page in asked.OF_THE_FIRST | OF_THE_FIRST else -1]
        client = InProcess(self.site.app, person)
        requests = page(self.site, client, random.Random(1))  # noqa: S311 - the same each time
        for _ in range(WARM_REQUESTS):
            client.ask(next(requests))
        return lambda: client.ask(next(requests)).took_s

    def _counted(self, ask):
        self.steps = 0
        db.connection().set_progress_handler(self._count, 1)
        ask()
        db.connection().set_progress_handler(None, 0)
        return self.steps

    def _count(self):
        self.steps += 1


def always(path):
    """A page: the same *path*, with the places of what is half way down filled in."""

    def page(site, _client, _chance):
        while True:
            yield Request(path.format(halfway=site.halfway, task=halfway_task(site)))

    return page


def halfway_task(site):
    """The id of a task as ``filled`` makes them, with many before it."""
    return f"{len(site.names) * 50:08}-0000-4000-8000-000000000000"


def halfway_profile(site, _client, chance):
    while True:
        yield Request(f"/user/{chance.choice(site.names)}?before={site.halfway}")


def halfway_notifications(_site, client, _chance):
    newest = asked.last_notification(client)
    while True:
        yield Request(f"{asked.SINCE}{newest - 200}")


def api_home(_site, _client, _chance):
    while True:
        yield Request("/api/timeline", by="program")


def api_people(_site, _client, _chance):
    while True:
        yield Request("/api/users", by="program")


def deletion(_site, client, _chance):
    for number in count():
        client.ask(Request("/", form={"post": f"Number {number}, to be deleted."}, status=302))
        newest = User.named(client.person.name).last_post_id
        yield Request(f"/post/{newest}/delete", form={}, status=302)


def signing_in(_site, client, _chance):
    """In a browser that has been here, and is signed out."""
    while True:
        client.cookies.clear()
        form = client.ask(Request("/auth/login")).body.decode()
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)[1]
        values = {"csrf_token": token, "username": client.person.name, "password": PASSWORD}
        yield Request("/auth/login", form=values, status=302)


PAGES = asked.PAGES | {
    "explore half way down": always("/explore?before={halfway}"),
    "profile half way down": halfway_profile,
    "tag half way down": always("/tag/bread?before={halfway}"),
    "search half way down": always("/search?q=tea&before={halfway}"),
    "search for two words": always("/search?q=tea+rain"),
    "search for what nobody wrote": always("/search?q=wombat"),
    "search for the beginning of a word": always("/search?q=expor*"),
    "notifications half way down": halfway_notifications,
    "all tasks": always("/admin/tasks/all"),
    "all tasks half way down": always("/admin/tasks/all?before={task}"),
    "figures of tasks": always("/admin/tasks/figures"),
    "all people": always("/admin/users"),
    "people by name": always("/admin/users?q=demo9"),
    "people whom nobody is called": always("/admin/users?q=zebra"),
    "API home": api_home,
    "API people": api_people,
    "deletion of a post": deletion,
    "signing in": signing_in,
}
OF_THE_FIRST = {
    PAGES[name]
    for name in (
        "notifications half way down",
        "all tasks",
        "all tasks half way down",
        "figures of tasks",
        "all people",
        "people by name",
        "people whom nobody is called",
    )
}

if __name__ == "__main__":
    main()

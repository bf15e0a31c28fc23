"""
Every page of the site beside the smallest app there is, in one run: what it costs as a multiple of a hello.

    .venv/bin/python benchmarks/pages.py [--quick | --in-process] [--only home,poll] [--posts N] …

Fills a site and starts it as ``run.sh`` does. Each page is asked for in turns with bare Flask on gunicorn,
two processes of eight threads, so that a machine whose speed drifts treats both alike. CPU is that of all
processes of the site. Then memory, and 1,000 browsers that poll. ``--quick`` asks less, in under a minute.
``--in-process`` calls both apps without a server, for whoever works on one page. Needs Linux.

Tasks have ``tasks.py``. Prints Markdown.
"""

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import asked
import costs
import filled
import hello
from clients import InProcess, Wire

from microblog.base.config import ROOT, Settings
from microblog.server.processes import wait_until

PYTHON = sys.executable
HELLO = ["-m", "gunicorn", "hello:app", "-k", "gthread", "-w", "2", "--threads", "8", "--log-level", "error"]
CLIENTS = (1, 8)
POLLING_THREADS = 8
START_S = 20
IN_PROCESS_TURN_S = 0.03
WARM_REQUESTS = 20


def main():
    options = read_options()
    chosen = {name: page for name, page in asked.PAGES.items() if is_chosen(name, options)}
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        began = time.perf_counter()
        site = filled.make(folder, options, port)
        print(f"filled in {time.perf_counter() - began:.1f} s", file=sys.stderr)
        if options.in_process:
            measure_in_process(site, chosen, options)
            return
        with served(folder, port) as root, served_hello() as (hello_root, hello_port):
            print_memory("idle", root)
            measure(site, chosen, options, (port, root), (hello_port, hello_root))
            print_memory("after the load", root)
            for interval_s in options.polls:
                measure_polling(site, port, root, interval_s, options.polling_s)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="ask for less, in under a minute")
    parser.add_argument("--in-process", action="store_true", help="without a server, in seconds")
    parser.add_argument("--only", default="", help="parts of names of pages, such as home,poll")
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--posts", type=int, help="200,000; 20,000 for --quick")
    parser.add_argument("--tasks", type=int, default=1_000, help="tasks that have ended")
    parser.add_argument("--notifications", type=int, default=100, help="of the administrator")
    parser.add_argument("--rounds", type=int, help="turns of each page")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.posts = options.posts or (20_000 if options.quick else 200_000)
    options.turn_s = 0.25 if options.quick else 1
    options.clients = CLIENTS[1:] if options.quick else CLIENTS
    options.polls = (2,) if options.quick else (10, 2)
    options.polling_s = 6 if options.quick else 30
    return options


def is_chosen(name, options):
    words = [word.strip() for word in options.only.split(",")]
    return any(word in name for word in words)


def measure_in_process(site, chosen, options):
    """Print CPU of each page inside this process, and how many times that of a hello."""
    print("| page | CPU | × hello |\n|---|---|---|")
    for name, page in chosen.items():
        person = site.people[0 if page in asked.OF_THE_FIRST else 1]
        ours = asking(site, InProcess(site.app, person), page)
        theirs = asking(site, InProcess(hello.app), asked.hello)
        rounds = []
        for _ in range(options.rounds * 2):
            took_s = [statistics.median(turn(ask, IN_PROCESS_TURN_S)) for ask in (ours, theirs)]
            rounds.append((took_s[0], took_s[0] / took_s[1]))
        cpu_s, ratio = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {name} | {cpu_s * 1000:.2f} ms | {ratio:.1f} |", flush=True)


def measure(site, chosen, options, ours, theirs):
    """Print a table of each page through the server; *ours* and *theirs* are port and process."""
    print("| page | clients | CPU a request | × hello | requests/s | p50 | p99 |")
    print("|---|---|---|---|---|---|---|")
    for name, page in chosen.items():
        for clients in options.clients:
            with ExitStack() as stack:
                loads = [
                    Load(stack, site, clients, page, *ours),
                    Load(stack, site, clients, asked.hello, *theirs),
                ]
                for _ in range(options.rounds):
                    for load in loads:
                        load.turn(options.turn_s)
            print(f"| {name} | {clients} | {loads[0].figures_beside(loads[1])} |", flush=True)


class Load:
    """Some clients that ask for one page, again and again, each on a connection of its own."""

    def __init__(self, stack, site, count, page, port, root):
        self.pids = costs.tree(root)
        self.pool = stack.enter_context(ThreadPoolExecutor(count))
        self.asks = []
        for number in range(count):
            person = site.people[0 if page in asked.OF_THE_FIRST else number + 1]
            client = Wire(port, person)
            stack.callback(client.close)
            self.asks.append(asking(site, client, page))
        self.took_s, self.cpus_s, self.rates = [], [], []

    def turn(self, duration_s):
        """Ask for that long, and note what it cost."""
        cpu_s, began = costs.cpu_s(self.pids), time.perf_counter()
        took_s = [one for part in self.pool.map(lambda ask: turn(ask, duration_s), self.asks) for one in part]
        ended = time.perf_counter()
        self.cpus_s.append((costs.cpu_s(self.pids) - cpu_s) / len(took_s))
        self.rates.append(len(took_s) / (ended - began))
        self.took_s += took_s

    def figures_beside(self, hello):
        """CPU of a request, how many times that of the *hello* beside it, requests a second, p50, p99."""
        cpu_ms = statistics.median(self.cpus_s) * 1000
        ratios = [ours / theirs for ours, theirs in zip(self.cpus_s, hello.cpus_s, strict=True)]
        took_ms = [1000 * took_s for took_s in sorted(self.took_s)]
        rank = [took_ms[len(took_ms) * percent // 100] for percent in (50, 99)]
        rate = statistics.median(self.rates)
        figures = f"{cpu_ms:.2f} ms | {statistics.median(ratios):.1f} | {rate:,.0f}"
        return f"{figures} | {rank[0]:.1f} ms | {rank[1]:.1f} ms"


def asking(site, client, page, warm=WARM_REQUESTS):
    """A function that asks once and returns the seconds it took; it has asked *warm* times already."""
    requests = page(site, client, random.Random(1))  # noqa: S311 - the same each time
    for request in islice(requests, warm):
        client.ask(request)
    return lambda: client.ask(next(requests)).took_s


def turn(ask, duration_s):
    """What *ask* returns, again and again for *duration_s* seconds."""
    took_s, until = [], time.perf_counter() + duration_s
    while not took_s or time.perf_counter() < until:
        took_s.append(ask())
    return took_s


def measure_polling(site, port, root, interval_s, duration_s):
    """Print the share of a core that the site needs for browsers that poll every *interval_s* seconds."""
    with ExitStack() as stack:
        clients = []
        for person in site.people:
            client = Wire(port, person)
            stack.callback(client.close)
            # The first request asks for the newest notification, which a browser has from its page.
            clients.append(asking(site, client, asked.poll, warm=1))
        pids = costs.tree(root)
        cpu_s, began = costs.cpu_s(pids), time.perf_counter()
        with ThreadPoolExecutor(POLLING_THREADS) as pool:
            parts = [clients[number::POLLING_THREADS] for number in range(POLLING_THREADS)]
            polls = sum(pool.map(lambda part: keep_polling(part, interval_s, duration_s), parts))
        took_s = time.perf_counter() - began
        share = (costs.cpu_s(pids) - cpu_s) / took_s
    rate = polls / took_s
    print(f"{len(clients):,} browsers, each {interval_s} s: {share:.0%} of a core, {rate:,.0f} polls/s")


def keep_polling(asks, interval_s, duration_s):
    """Have each of *asks* called every *interval_s* seconds, evenly spread; return how many were."""
    began, number = time.perf_counter(), 0
    while (due := number * interval_s / len(asks)) < duration_s:
        time.sleep(max(0, began + due - time.perf_counter()))
        asks[number % len(asks)]()
        number += 1
    return number


def print_memory(when, root):
    parts = costs.memory_mib(costs.tree(root))
    listed = ", ".join(f"{name} {mib:.0f}" for name, mib in parts.items())
    print(f"memory {when}: {sum(parts.values()):.0f} MiB ({listed})\n", flush=True)


@contextmanager
def served(folder, port):
    """The site of *folder* on *port*, as ``run.sh`` starts it: the id of its first process."""
    # Whatever the caller has set, in .env as well: empty means "not set".
    environment = {one.name.upper(): "" for one in fields(Settings)}
    environment |= {"DATA_DIR": folder, "PORT": str(port), "RATE_LIMITS": "off", "LOG_LEVEL": "WARNING"}
    with started(["-m", "microblog.server.supervisor"], environment) as process:
        while not process.stdout.readline().startswith("ready"):
            assert process.poll() is None
        yield process.pid


@contextmanager
def served_hello():
    """Bare Flask on gunicorn: the id of its first process, and its port."""
    port = free_port()
    command = [*HELLO, "--bind", f"127.0.0.1:{port}", "--chdir", str(Path(__file__).parent)]
    with started(command, {}) as process:
        if not wait_until(lambda: accepts(port), START_S):
            sys.exit("no hello: gunicorn is among the requirements for development, see CONTRIBUTING.md")
        yield process.pid, port


def accepts(port):
    """Whether anybody listens on *port*."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@contextmanager
def started(arguments, environment):
    process = subprocess.Popen(  # noqa: S603
        [PYTHON, *arguments], cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


if __name__ == "__main__":
    main()

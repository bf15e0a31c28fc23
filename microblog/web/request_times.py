"""
How long requests took, for all web processes together; only where somebody reads the metrics.

Each process adds up in its memory, and adds that to the shared counts every few seconds.
"""

import time
from bisect import bisect_left
from threading import Lock

from flask import g, request

from microblog.base import counts

# Upper ends in seconds, as Prometheus's own clients have them; what took longer is in the sum alone.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ADDED_EVERY_S = 5

counts.tables.append("""
    CREATE TABLE IF NOT EXISTS request_time (bucket INTEGER PRIMARY KEY, requests INTEGER, seconds REAL);
""")
_mutex = Lock()
_own = {}
_added_at_s = 0


def init_app(app):
    if app.config["METRICS_TOKEN"]:
        app.before_request(_begin)
        app.after_request(_end)


def totals():
    """Pairs for each bucket, the last one being of what took longer: how many requests, and their seconds."""
    _add()
    rows = {bucket: pair for bucket, *pair in counts.transact(_read)}
    return [rows.get(bucket, (0, 0.0)) for bucket in range(len(BUCKETS_S) + 1)]


def _begin():
    g.began_s = time.perf_counter()


def _end(response):
    if "began_s" in g and request.endpoint != "metrics.index":
        took_s = time.perf_counter() - g.began_s
        bucket = bisect_left(BUCKETS_S, took_s)
        with _mutex:
            requests, seconds = _own.get(bucket, (0, 0.0))
            _own[bucket] = requests + 1, seconds + took_s
        if time.monotonic() - _added_at_s >= ADDED_EVERY_S:
            _add()
    return response


def _add():
    global _added_at_s
    _added_at_s = time.monotonic()
    with _mutex:
        rows = [(bucket, *pair) for bucket, pair in _own.items()]
        _own.clear()
    if rows:
        counts.transact(_write, rows)


def _write(connection, rows):
    connection.executemany(
        "INSERT INTO request_time VALUES (?, ?, ?) ON CONFLICT (bucket) DO UPDATE"
        " SET requests = requests + excluded.requests, seconds = seconds + excluded.seconds",
        rows,
    )


def _read(connection):
    return connection.execute("SELECT bucket, requests, seconds FROM request_time").fetchall()

"""Checks what must be running: the queue server, a worker, the web server."""

from datetime import timedelta
from http.client import HTTPException

from redis.exceptions import RedisError, ResponseError

from microblog.base import clock
from microblog.ops import queue_probe
from microblog.ops.doctor.data import ask_database
from microblog.ops.doctor.finding import FAULT, FLASK, WARNING, WELL, Finding, hours
from microblog.ops.web_probe import answer_of, reachable_address
from microblog.tasks.queue import huey
from microblog.tasks.task import Task

LONGEST_WAIT = timedelta(minutes=5)


def check_queue(settings):
    start = "start the site: ./run.sh" if not settings.redis_url else "start the server that REDIS_URL names"
    client = queue_probe.client(settings.queue_url)
    try:
        _name, version = queue_probe.product(client.info())
    except RedisError as error:
        stopped = not settings.redis_url and not settings.queue_url_file.exists()
        what = "the bundled queue server is not running" if stopped else f"does not answer: {error}"
        yield Finding(FAULT, "queue", what, start)
        return
    if queue_probe.major(version) < queue_probe.OLDEST_VERSION:
        yield Finding(FAULT, "queue", f"version {version}", "install Redis 5, Valkey 7.2 or newer")
    faults = [f"{name} is {is_now!r}" for name, is_now, good in _queue_settings(client) if is_now != good]
    if faults:
        remedy = "in its configuration: appendonly yes, maxmemory-policy noeviction"
        yield Finding(WARNING, "queue", f"tasks come late when it restarts: {', '.join(faults)}", remedy)
    else:
        yield Finding(WELL, "queue", f"version {version} answers")


def check_worker(settings):
    living = huey.worker.living()
    if not living:
        yield Finding(
            FAULT, "worker", "none is alive", "start the site: ./run.sh, or start its worker service"
        )
        return
    oldest = ask_database(settings, lambda: Task.due().first())
    age = clock.now() - oldest.run_after if oldest else timedelta()
    if age > LONGEST_WAIT:
        remedy = f"see what keeps the workers busy: {FLASK} tasks list; or set WORKERS higher"
        yield Finding(FAULT, "worker", f"a task has been waiting for {hours(age)}", remedy)
    else:
        yield Finding(WELL, "worker", f"{len(living)} alive")


def check_web_server(settings):
    where = reachable_address(settings)
    try:
        status = answer_of(settings, "/livez", timeout_s=5)
        what, good = f"{where} answers {status}", status == 200
    except (OSError, HTTPException) as error:
        what, good = f"{where}: {error}", False
    yield Finding(WELL if good else FAULT, "web server", what, "" if good else "start the site: ./run.sh")


def _queue_settings(client):
    """Name, current and good value of each setting that matters; nothing if CONFIG is forbidden."""
    for name, good in (("appendonly", "yes"), ("maxmemory-policy", "noeviction")):
        try:
            yield name, client.config_get(name).get(name, good), good
        except ResponseError:
            return

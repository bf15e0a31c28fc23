"""
The queue: Huey bound to the app, its signed messages, the consumer's lock and the registry of jobs.

A queue message only wakes a worker: it holds the id of a row, which is the truth. It may arrive twice, late
or not at all. Each of Huey's internals that this relies on is overridden here, and nowhere else.
"""

import logging
import math
import secrets
import sys
import time
from contextlib import suppress
from typing import NamedTuple

from huey import PriorityRedisHuey
from huey.consumer import Consumer, Scheduler
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as QueueUnreachable
from redis.exceptions import RedisError
from redis.retry import Retry

from microblog.base import locks
from microblog.base.database import connected
from microblog.base.schema import SchemaError, refuse_misfit
from microblog.security.signatures import SignedSerializer

TIMEOUT_S = 2
# How long a page waits for the queue server's answer before it says that the queue is down.
PING_TIMEOUT_S = 0.25
HOUSEKEEPING_EVERY_S = 10
OUTAGE_LOGGED_EVERY_S = 60
OUTAGE_PAUSE_S = 1
# Nobody listens there: the queue is unknown before ``init_app``.
NOWHERE = "unix:///dev/null"

log = logging.getLogger(__name__)

# Jobs by name: a row and a queue message store only the name.
jobs = {}


class Job(NamedTuple):
    """A function that works on one row of *model*, and the Huey task whose messages wake a worker for it."""

    name: str
    function: object
    model: type
    huey_task: object
    # Called with the user before they launch a task of this job; it raises what refuses it.
    limit: object = None


class ConsumerLock:
    """
    Which consumers are alive, by lock and not by clock.

    Each consumer holds an exclusive lock on a file of its own for as long as it lives. The kernel releases it
    at any death, so there is no lease to tune, no clock that can jump and no zombie that wakes up.
    """

    def __init__(self, folder):
        self.folder = folder
        # Random for each start: a consumer that restarts itself keeps its process id.
        self.consumer_id = secrets.token_hex(8)
        self.file = None

    def take(self):
        """Hold the lock until this process ends."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{self.consumer_id}"
        self.file = draft.open("w")
        locks.acquire(self.file)
        # Renamed only once it is locked: a file under its final name can be judged by its lock.
        draft.rename(self.folder / self.consumer_id)

    def living(self):
        """Ids of the consumers that are alive, a set; removes the files of dead ones."""
        return {path.name for path in self.folder.glob("[!.]*") if self._is_held(path)}

    @staticmethod
    def _is_held(path):
        # Another process may have removed it meanwhile.
        with suppress(FileNotFoundError), path.open() as file:
            # Shared, so that two processes checking at once do not take each other for the consumer.
            if not locks.try_acquire(file, shared=True):
                return True
            path.unlink(missing_ok=True)
        return False


class HousekeepingScheduler(Scheduler):
    """Huey's scheduler, which does the housekeeping as well: busy workers cannot delay it."""

    def loop(self, now=None):
        self.huey.keep_house_if_due()
        super().loop(now)


class MicroblogConsumer(Consumer):
    scheduler_class = HousekeepingScheduler


class MicroblogHuey(PriorityRedisHuey):
    """
    Huey bound to one Flask app.

    Jobs run inside the app's context, with an open database connection. A message is the job's name and the
    row's id, and nothing of what Huey could add. Results are not stored: a task's outcome is in its row.
    Before ``init_app`` no message can be read: the signing key is not known yet.
    """

    def __init__(self, name):
        serializer = SignedSerializer(secrets.token_hex())
        super().__init__(name, results=False, connection_pool=_pool(NOWHERE), serializer=serializer)
        self.lock = None
        self.consumer = None
        # How many threads the consumer has; set when it is created.
        self.workers = 2
        self.at_start, self.housekeeping, self.at_stop = [], [], []
        self._app = None
        self._probe = None
        self._housekept_at_s = self._outage_logged_at_s = -math.inf

    def init_app(self, app, url, secret, run_dir):
        """Use the queue at *url*; sign with a key made from *secret*; keep locks in *run_dir*."""
        self._app = app
        self.lock = ConsumerLock(run_dir / "workers")
        self.serializer = SignedSerializer(secret)
        self.storage_kwargs = {"connection_pool": _pool(url)}
        self.storage = self.create_storage()
        self._probe = Redis(connection_pool=_pool(url, PING_TIMEOUT_S, retries=0))

    @property
    def consumer_id(self):
        """The id by which rows name this process as the one that holds their claim."""
        return self.lock.consumer_id

    @property
    def task_limit(self):
        """How many tasks may run in this process at once: one worker stays free for mails."""
        return max(1, self.workers - 1)

    @property
    def stopping(self):
        """Whether this process is a consumer that was asked to stop: it must start nothing new."""
        return self.consumer is not None and self.consumer.stop_flag.is_set()

    def enqueue_item(self, item):
        """
        Enqueue a message for *item*, a work item whose job is known. Returns whether the queue accepted it.

        An outage of the queue is no error: the row is in the database and is enqueued again.
        """
        try:
            self.enqueue(jobs[item.name].huey_task.s(id=item.id, priority=item.priority))
        except RedisError as error:
            self._log_outage(error)
            return False
        return True

    def serialize_task(self, message):
        return self.serializer.serialize([message.name, message.id])

    def deserialize_task(self, data):
        name, row_id = self.serializer.deserialize(data)
        return jobs[name].huey_task.s(id=row_id)

    def queued_ids(self):
        """
        Ids in all queue messages that can be read, a set. Huey's schedule is never used, so it is not read.

        Raises:
            RedisError: the queue does not answer.
        """
        messages = (self._read(data) for data in self.storage.enqueued_items())
        return {message.id for message in messages if message}

    def count_messages(self):
        """The number of messages in the queue; None if it does not answer."""
        try:
            return self.pending_count()
        except RedisError:
            return None

    @property
    def takes_messages(self):
        """Whether the queue server would, asked anew each time; in immediate mode nobody needs one."""
        try:
            if not self.immediate:
                ask_for_write(self._probe)
        except RedisError:
            return False
        return True

    def dequeue(self):
        """The next message; None if there is none, if it cannot be read, or if the queue does not answer."""
        try:
            data = self.storage.dequeue()
        except RedisError as error:
            self._log_outage(error)
            self.consumer.stop_flag.wait(OUTAGE_PAUSE_S)
            return None
        message = None if data is None else self._read(data)
        if data is not None and message is None:
            log.warning("skipped a queue message of another version or program: %d bytes", len(data))
        return message

    def read_schedule(self, timestamp=None):
        # Retries and pauses are in the rows.
        return []

    def execute(self, task, timestamp=None):
        try:
            with self._app.app_context(), connected():
                return super().execute(task, timestamp)
        except RedisError as error:
            # Not the job's: Huey asks before and after it whether its message was revoked.
            self._log_outage(error)

    def emit(self, signal, message, payload):
        """Send a signal of our own; *payload* is one value, because Huey's own receivers take just one."""
        self._emit(signal, message, payload)

    def keep_house_if_due(self):
        """Call each function in ``housekeeping`` if the last time was ten seconds ago."""
        if time.monotonic() - self._housekept_at_s >= HOUSEKEEPING_EVERY_S:
            self._housekept_at_s = time.monotonic()
            self._attempt(self.housekeeping)

    def notify_interrupted_tasks(self):
        # Huey calls this last. It sends no ``interrupted`` for a task whose message came twice: the second
        # one made it forget that the first is still running.
        super().notify_interrupted_tasks()
        self._attempt(self.at_stop)

    def create_consumer(self, **options):
        # The app's own logging covers Huey as well; Huey's handler would log everything twice.
        logging.getLogger("huey").handlers.clear()
        # Nothing migrates the database when the consumer is started by Huey's own command line.
        try:
            with connected():
                refuse_misfit()
        except SchemaError as error:
            sys.exit(f"microblog: {error}")
        self.lock.take()
        self.workers = options.get("workers", 1)
        self._attempt(self.at_start)
        self.keep_house_if_due()
        self.consumer = MicroblogConsumer(self, **options)
        return self.consumer

    def _read(self, data):
        """The message that *data* holds; None if another version or another program wrote it."""
        try:
            return self.deserialize_task(data)
        except Exception:
            return None

    def _attempt(self, functions):
        """Log what *functions* raise, so that it ends neither scheduler nor consumer."""
        for function in functions:
            try:
                with self._app.app_context(), connected():
                    function()
            except Exception:
                log.exception("%s failed", function.__name__)

    def _log_outage(self, error):
        if time.monotonic() - self._outage_logged_at_s >= OUTAGE_LOGGED_EVERY_S:
            self._outage_logged_at_s = time.monotonic()
            log.warning("the queue does not answer (%s); tasks wait in the database", error)


def ask_for_write(client):
    """
    Ask the server of *client* for a write that changes nothing, not even its file, where messages are kept.

    One that is full, a replica or not ours refuses it, though it answers whatever only reads.

    Raises:
        RedisError: it takes no messages.
    """
    client.zadd(MESSAGES_KEY, {"": 0}, xx=True)


def _pool(url, timeout_s=TIMEOUT_S, retries=1):
    # Huey refuses `url=` beside other options, so the pool is made here, with its timeouts. A connection that
    # died while idle is reopened once; a queue that hangs is not asked twice.
    retry = Retry(NoBackoff(), retries, supported_errors=(QueueUnreachable,))
    return ConnectionPool.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=retry
    )


huey = MicroblogHuey("microblog")
MESSAGES_KEY = huey.storage.queue_key

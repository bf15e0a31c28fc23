"""
The queue: Huey bound to the app, and its signed messages.

A queue message only wakes a worker: it holds the id of a row, which is the truth. It may arrive twice, late
or not at all. Each of Huey's internals that this relies on is overridden here or in ``message_store``.
"""

import logging
import math
import secrets
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from huey.api import RedisHuey
from huey.consumer import Consumer, Scheduler
from redis import Redis
from redis.exceptions import RedisError

from microblog.base.database import connected
from microblog.base.logs import log_failure
from microblog.base.schema import SchemaError, refuse_misfit
from microblog.security.signatures import SignedSerializer
from microblog.tasks.consumer_lock import ConsumerLock
from microblog.tasks.jobs import jobs
from microblog.tasks.message_store import NOWHERE, Message, MessageStore, pool

if TYPE_CHECKING:
    from microblog.tasks.work_item import WorkItem

# How long a page waits for the queue server's answer before it says that the queue is down.
PING_TIMEOUT_S = 0.25
HOUSEKEEPING_EVERY_S = 10
OUTAGE_LOGGED_EVERY_S = 60
OUTAGE_PAUSE_S = 1

log = logging.getLogger(__name__)


class HousekeepingScheduler(Scheduler):
    """Huey's scheduler, which does the housekeeping as well: busy workers cannot delay it."""

    def loop(self, now: float | None = None) -> None:
        self.huey.keep_house_if_due()
        super().loop(now)


class MicroblogConsumer(Consumer):
    scheduler_class = HousekeepingScheduler


class MicroblogHuey(RedisHuey):
    """
    Huey bound to one Flask app.

    Jobs run inside the app's context, with an open database connection. A message is the job's name and the
    row's id, and nothing of what Huey could add. Results are not stored: a task's outcome is in its row.
    Before ``init_app`` no message can be read: the signing key is not known yet.
    """

    storage_class = MessageStore
    # Known after ``init_app``.
    lock: ConsumerLock
    hold_file: Path
    _app: Flask
    _probe: Redis

    def __init__(self, name: str):
        serializer = SignedSerializer(secrets.token_hex())
        super().__init__(name, results=False, connection_pool=pool(NOWHERE), serializer=serializer)
        self.consumer: Consumer | None = None
        # How many threads the consumer has; set when it is created.
        self.workers = 2
        self.at_start: list[Callable[[], object]] = []
        self.housekeeping: list[Callable[[], object]] = []
        self.at_stop: list[Callable[[], object]] = []
        self._housekept_at_s = self._outage_logged_at_s = -math.inf

    def init_app(self, app: Flask, url: str, keys: str | list[str], run_dir: Path) -> None:
        """Use the queue at *url*; sign with *keys*, see ``SignedSerializer``; keep locks in *run_dir*."""
        self._app = app
        self.lock = ConsumerLock(run_dir / "workers")
        self.hold_file = run_dir / "hold"
        self.serializer = SignedSerializer(keys)
        self.storage_kwargs = {"connection_pool": pool(url)}
        self.storage = self.create_storage()
        self._probe = Redis(connection_pool=pool(url, PING_TIMEOUT_S, retries=0))

    @property
    def consumer_id(self) -> str:
        """The id by which rows name this process as the one that holds their claim."""
        return self.lock.consumer_id

    @property
    def task_limit(self) -> int:
        """How many tasks may run in this process at once: one worker stays free for mails."""
        return max(1, self.workers - 1)

    @property
    def is_held(self) -> bool:
        """Whether new work is held, see ``hold``."""
        return self.hold_file.exists()

    @property
    def stopping(self) -> bool:
        """Whether this process is a consumer that was asked to stop: it must start nothing new."""
        return self.consumer is not None and self.consumer.stop_flag.is_set()

    def enqueue_item(self, item: "WorkItem") -> bool:
        """
        Enqueue a message for *item*, a work item whose job is known. Returns whether the queue accepted it.

        An outage of the queue is no error: the row is in the database and is enqueued again.
        """
        # Nothing else may start while what crashed waits: its message overtakes the others.
        urgent = item.priority > 0 or item.crash_count > 0
        try:
            self.enqueue(jobs[item.name].huey_task.s(id=item.id, priority=urgent))
        except RedisError as error:
            self._log_outage(error)
            return False
        return True

    def serialize_task(self, message: Message) -> bytes:
        return self.serializer.serialize([message.name, message.id])

    def deserialize_task(self, data: bytes) -> Message:
        name, row_id = self.serializer.deserialize(data)
        return jobs[name].huey_task.s(id=row_id)

    def queued_ids(self) -> set[str]:
        """
        Ids in all queue messages that can be read, a set. Huey's schedule is never used, so it is not read.

        Raises:
            RedisError: the queue does not answer.
        """
        messages = (self._read(data) for data in self.storage.enqueued_items())
        return {message.id for message in messages if message}

    def count_messages(self) -> int | None:
        """The number of messages in the queue; None if it does not answer."""
        try:
            return self.pending_count()
        except RedisError:
            return None

    @property
    def takes_messages(self) -> bool:
        """Whether the queue server would, asked anew each time; in immediate mode nobody needs one."""
        try:
            if not self.immediate:
                ask_for_write(self._probe)
        except RedisError:
            return False
        return True

    def dequeue(self) -> Message | None:
        """The next message; None if there is none, if it cannot be read, or if the queue does not answer."""
        try:
            data = self.storage.dequeue()
        except RedisError as error:
            self._log_outage(error)
            if self.consumer:
                self.consumer.stop_flag.wait(OUTAGE_PAUSE_S)
            return None
        message = None if data is None else self._read(data)
        if data is not None and message is None:
            log.warning("skipped a queue message of another version or program: %d bytes", len(data))
        return message

    def read_schedule(self, timestamp: datetime | None = None) -> list[Message]:
        # Retries and pauses are in the rows.
        return []

    def execute(self, task: Message, timestamp: datetime | None = None) -> object:
        with self._app.app_context(), connected():
            return super().execute(task, timestamp)

    def emit(self, signal: str, message: Message, payload: object) -> None:
        """Send a signal of our own; *payload* is one value, because Huey's own receivers take just one."""
        self._emit(signal, message, payload)

    def keep_house_if_due(self) -> None:
        """Call each function in ``housekeeping`` if the last time was ten seconds ago."""
        if time.monotonic() - self._housekept_at_s >= HOUSEKEEPING_EVERY_S:
            self._housekept_at_s = time.monotonic()
            self._attempt(self.housekeeping)

    def notify_interrupted_tasks(self) -> None:
        # Huey calls this last. It sends no ``interrupted`` for a task whose message came twice: the second
        # one made it forget that the first is still running.
        super().notify_interrupted_tasks()
        self._attempt(self.at_stop)

    def create_consumer(self, workers: int = 1, **options: object) -> MicroblogConsumer:
        # The app's own logging covers Huey as well; Huey's handler would log everything twice.
        logging.getLogger("huey").handlers.clear()
        # Nothing migrates the database when the consumer is started by Huey's own command line.
        try:
            with connected():
                refuse_misfit()
        except SchemaError as error:
            sys.exit(f"microblog: {error}")
        self.lock.take()
        self.workers = workers
        self._attempt(self.at_start)
        self.keep_house_if_due()
        self.consumer = MicroblogConsumer(self, workers=workers, **options)
        return self.consumer

    def _read(self, data: bytes) -> Message | None:
        """The message that *data* holds; None if another version or another program wrote it."""
        try:
            return self.deserialize_task(data)
        except Exception:
            return None

    def _attempt(self, functions: list[Callable[[], object]]) -> None:
        """Log what *functions* raise, so that it ends neither scheduler nor consumer."""
        for function in functions:
            try:
                with self._app.app_context(), connected():
                    function()
            except Exception as error:
                log_failure(log, function.__name__, error)

    def _log_outage(self, error: RedisError) -> None:
        if time.monotonic() - self._outage_logged_at_s >= OUTAGE_LOGGED_EVERY_S:
            self._outage_logged_at_s = time.monotonic()
            log.warning("the queue does not answer (%s); tasks wait in the database", error)


def ask_for_write(client: Redis) -> None:
    """
    Ask the server of *client* for a write that changes nothing, not even its file, where messages are kept.

    One that is full, a replica or not ours refuses it, though it answers whatever only reads.

    Raises:
        RedisError: it takes no messages.
    """
    client.zadd(MESSAGES_KEY, {"": 0}, xx=True)


huey = MicroblogHuey("microblog")
MESSAGES_KEY = huey.storage.queue_key

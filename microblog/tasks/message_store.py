"""
Where queue messages lie: two sorted sets in Redis, and those that a consumer holds back.

A worker takes urgent messages first. While a row waits for what else runs in its process, it takes nothing
else: any other message would have to be held back as well, and would be lost if the process died.
"""

from collections.abc import Iterable
from typing import TypeAlias

from huey.api import Task as HueyTask
from huey.storage import PriorityRedisStorage
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as QueueUnreachable
from redis.exceptions import TimeoutError as QueueSilent
from redis.retry import Retry

# What Huey calls a task.
Message: TypeAlias = HueyTask
TIMEOUT_S = 2
# Nobody listens there: the queue is unknown before ``init_app``.
NOWHERE = "unix:///dev/null"

# Messages by the id of their row, which may not start yet beside what this process works on.
held: dict[str, Message] = {}


class MessageStore(PriorityRedisStorage):
    """Huey's storage with a second set for what is urgent, and without what only results would need."""

    def __init__(self, name: str, **options: object):
        super().__init__(name, **options)
        self.urgent = PriorityRedisStorage(f"{name}_urgent", **options)

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        if priority:
            self.urgent.enqueue(data)
        else:
            super().enqueue(data)

    def dequeue(self) -> bytes | None:
        ordinary = () if held else (self.queue_key,)
        try:
            _key, member, _score = self.conn.bzpopmin((self.urgent.queue_key, *ordinary), self.read_timeout)
        except (QueueSilent, TypeError):
            # There was none.
            return None
        # Huey puts the time before it, for the order.
        return member[8:]

    def queue_size(self) -> int:
        return self.urgent.queue_size() + super().queue_size()

    def enqueued_items(self, limit: int | None = None) -> list[bytes]:
        return (self.urgent.enqueued_items() + super().enqueued_items())[:limit]

    def flush_queue(self) -> None:
        self.urgent.flush_queue()
        super().flush_queue()

    # Huey looks before and after each job whether its message was revoked. None ever is: rows are cancelled.

    def peek_many(self, keys: Iterable[str]) -> dict[str, object]:
        return {}

    def delete_data(self, key: str) -> bool:
        return False


def pool(url: str, timeout_s: float = TIMEOUT_S, retries: int = 1) -> ConnectionPool:
    """
    Connections to the queue server at *url*.

    One that died while idle is opened again; a queue that hangs is not asked twice.
    """
    # Huey refuses `url=` beside other options, so the pool is made here, with its timeouts.
    retry = Retry(NoBackoff(), retries, supported_errors=(QueueUnreachable,))
    return ConnectionPool.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=retry
    )

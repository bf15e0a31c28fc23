"""The Huey instance: bound to the app, with signed envelopes, a ``progress`` signal and a reconciler."""

import logging
import math
import secrets
import sys
import time
from functools import wraps

from huey import PriorityRedisHuey
from huey.consumer import Consumer, Scheduler
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as QueueUnreachable
from redis.exceptions import RedisError
from redis.retry import Retry

from microblog.base.database import connected
from microblog.base.schema import SchemaError, refuse_misfit
from microblog.security.signatures import SignedEnvelopes
from microblog.tasks.queue.outage import Outage
from microblog.tasks.queue.task_slots import TaskSlots
from microblog.tasks.queue.worker_lock import WorkerLock

SIGNAL_PROGRESS = "progress"
TIMEOUT_S = 2
# Nobody listens there: the queue is unknown before ``init_app``.
NOWHERE = "unix:///dev/null"

log = logging.getLogger(__name__)


class ReconcilingScheduler(Scheduler):
    """Huey's scheduler, which reconciles as well: busy workers cannot delay it."""

    def loop(self, now=None):
        self.huey.reconcile_if_due()
        super().loop(now)


class MicroblogConsumer(Consumer):
    scheduler_class = ReconcilingScheduler


class MicroblogHuey(PriorityRedisHuey):
    """
    Huey bound to one Flask app.

    Jobs and handlers run inside the app's context, with an open database connection. Results are not
    stored: a task's outcome is in its row. Before ``init_app`` no envelope in a queue can be read,
    because the signing key is not known yet.
    """

    def __init__(self, name):
        super().__init__(name, results=False, **_connection(NOWHERE, secrets.token_hex()))
        self.outage = Outage()
        self.worker = self.slots = None
        self.consumer = None
        self.reconcile = self.hand_back = None
        self.reconcile_every_s = 0
        # By the name of a job: the Huey task whose envelopes call a worker to it.
        self.doorbells = {}
        self._app = None
        self._reconciled_at_s = -math.inf

    def init_app(self, app, url, secret, run_dir):
        """Use the queue at *url*; sign with a key made from *secret*; keep locks in *run_dir*."""
        self._app = app
        self.worker = WorkerLock(run_dir / "workers")
        self.slots = TaskSlots()
        self.outage.marker = run_dir / "queue.down"
        self.storage_kwargs = _connection(url, secret)
        self.serializer = self.storage_kwargs.pop("serializer")
        self.storage = self.create_storage()
        for name in ("huey", "huey.consumer.Worker", "huey.consumer.Scheduler"):
            logging.getLogger(name).addFilter(self.outage)

    def execute(self, task, timestamp=None):
        with self._app.app_context(), connected():
            return super().execute(task, timestamp)

    def signal(self, *signals):
        """Connect a handler that runs inside the app's context, with an open connection."""
        connect = super().signal(*signals)

        def decorator(handler):
            # Huey calls some handlers outside any job, so the wrapping cannot be left to `execute`.
            @wraps(handler)
            def inside_app(*args, **kwargs):
                with self._app.app_context(), connected():
                    handler(*args, **kwargs)

            connect(inside_app)
            return handler

        return decorator

    def ring(self, row):
        """
        Enqueue an envelope for *row*, with its id. Returns whether the queue accepted it.

        An outage of the queue is no error: the work is recorded elsewhere and will be enqueued again.
        """
        try:
            self.enqueue(self.doorbells[row.name].s(id=row.id))
        except RedisError as error:
            self.outage.began(error)
            return False
        self.outage.ended()
        return True

    def emit_progress(self, envelope, progress):
        """Send our own signal; *progress* is its only payload, because other receivers take just one."""
        self._emit(SIGNAL_PROGRESS, envelope, progress)

    def waiting_ids(self):
        """
        Ids of all envelopes in the queue, a set. We never use Huey's schedule, so it is not read.

        Raises:
            RedisError: the queue does not answer.
        """
        return {envelope.id for envelope in self.pending()}

    def count_envelopes(self):
        """The number of envelopes in the queue; None if it does not answer."""
        try:
            return self.pending_count()
        except RedisError:
            return None

    def recover_with(self, reconcile, hand_back, every_s):
        """
        Let the consumer call *reconcile* before its first worker starts and then every *every_s* seconds, and
        *hand_back* when it stops, after the workers have had their time to finish.
        """
        self.reconcile, self.reconcile_every_s = reconcile, every_s
        self.hand_back = hand_back

    def reconcile_if_due(self):
        if time.monotonic() - self._reconciled_at_s >= self.reconcile_every_s:
            self._reconciled_at_s = time.monotonic()
            self._attempt(self.reconcile)

    def notify_interrupted_tasks(self):
        # Huey calls this last. It sends no ``interrupted`` for a task whose envelope came twice: the second
        # one made it forget that the first is still running.
        super().notify_interrupted_tasks()
        self._attempt(self.hand_back)

    def _attempt(self, function):
        """Log what *function* raises, so that it ends neither scheduler nor consumer."""
        try:
            with self._app.app_context(), connected():
                function()
        except Exception:
            log.exception("%s failed", function.__name__)

    @property
    def stopping(self):
        """Whether this process is a consumer that was asked to stop: it must start nothing new."""
        return self.consumer is not None and self.consumer.stop_flag.is_set()

    def create_consumer(self, **options):
        # The app's own logging covers Huey as well; Huey's handler would log everything twice.
        logging.getLogger("huey").handlers.clear()
        _exit_unless_up_to_date()
        self.worker.take()
        self.reconcile_if_due()
        self.consumer = MicroblogConsumer(self, **options)
        self.slots.workers = self.consumer.workers
        return self.consumer


def _exit_unless_up_to_date():
    # Nothing migrates the database when the consumer is started by Huey's own command line.
    try:
        with connected():
            refuse_misfit()
    except SchemaError as error:
        sys.exit(f"microblog: {error}")


def _connection(url, secret):
    # Huey refuses `url=` beside other options, so the pool is made here, with its timeouts.
    # A connection that died while idle is reopened once; a queue that hangs is not asked twice.
    retry = Retry(NoBackoff(), 1, supported_errors=(QueueUnreachable,))
    pool = ConnectionPool.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=retry
    )
    return {"connection_pool": pool, "serializer": SignedEnvelopes(secret)}


huey = MicroblogHuey("microblog")

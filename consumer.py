"""What ``huey_consumer consumer.huey`` loads: the queue, bound to the app, with every job registered."""

from microblog import create_app
from microblog.tasks.queue import huey

app = create_app()

__all__ = ["huey"]

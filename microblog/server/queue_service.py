"""The queue server as a service. The site works without it, and without what its files hold."""

from microblog.server import queue_server
from microblog.server.console import say
from microblog.server.service import Service


class QueueServer(Service):
    """
    Never given up. If it ends before it answers, its files may be damaged: it is started without them.

    Raises:
        NoQueueServer: this machine has none.
    """

    essential = False

    def __init__(self, settings, **options):
        path = queue_server.socket_path(settings)
        super().__init__("queue server", queue_server.command(settings, path), **options)
        self.settings = settings
        self.url = queue_server.url_of(path)
        self.has_answered = False  # Since its last start.
        self.is_empty = False  # Its data were set aside since it last answered.
        queue_server.publish(settings, path)

    def start(self):
        """Start it, without its data if it has ended before it answered."""
        if self.process and not self.has_answered and not self.is_empty:
            self._set_data_aside()
        super().start()
        self.has_answered = False

    def tend(self):
        """Do what every service needs, and ask it until it answers."""
        started = super().tend()
        if self.alive and not self.has_answered:
            self.has_answered = queue_server.answers(self.url)
            self.is_empty = self.is_empty and not self.has_answered
        return started

    def _set_data_aside(self):
        # The database has every task and mail, and they are enqueued again.
        if aside := queue_server.set_data_aside(self.settings):
            say(f"the queue server did not start: starting it empty, its former data lies in {aside}")
        self.is_empty = True

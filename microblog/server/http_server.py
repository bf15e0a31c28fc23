"""
The HTTP server of one web process: waitress, which reads requests and sends answers off the app's threads.

A client that sends or reads slowly holds a connection, never a thread. What waitress lacks stands in this
module and the two beside it: patience that ends, room for new clients when all connections are taken, strict
ends of requests, refusals that arrive and are in the site's own words, and a graceful stop.
"""

import os
import resource
import time

from waitress import wasyncore
from waitress.server import TcpWSGIServer

from microblog.server.event_loop import EventLoop
from microblog.server.http_connection import Connection
from microblog.server.threads import Threads
from microblog.web import uploads

THREADS = 8  # At most, in each process.
MOST_CONNECTIONS = 1000
SPARE_FILES = 100  # For all but connections: database, queue, logs.
MOST_UPLOADS = 8  # At once: their bytes wait in files.
SENT_AT_ONCE = 64 * 1024  # Bytes: with less, the head of an answer waits for its body.
STOP_S = 12  # As long as the consumer has; the supervisor kills after 18.
TURN_S = 1
OPTIONS = {
    "cleanup_interval": 3,
    "max_request_header_size": 32 * 1024,
    # No thread waits for a reader: what is unsent lies in a file.
    "outbuf_high_watermark": 2**40,
    # Which proxies to trust is decided in one place, by TRUSTED_PROXIES.
    "clear_untrusted_proxy_headers": False,
    "ident": "",
}


class Server(TcpWSGIServer):
    """Serves *app*, a Flask app, on *listener*, a socket that other processes may share."""

    channel_class = Connection

    def __init__(self, app, listener):
        self.stopping = False
        self.most_connections = most_connections()
        super().__init__(
            app,
            map=EventLoop(),
            dispatcher=Threads(THREADS),
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            connection_limit=self.most_connections + SPARE_FILES // 2,
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,
            **OPTIONS,
        )

        self.adj.send_bytes = SENT_AT_ONCE
        self.adj.admits_upload = self.admits_upload
        self.adj.largest_upload = uploads.most_bytes(app) + 1

    def admits_upload(self, request):
        """Whether *request*, of which only the head is there, may have a large body."""
        receiving = [one.request for one in self.active_channels.values() if one.request]
        few = sum(one.is_upload for one in receiving) < MOST_UPLOADS
        return few and uploads.may_be_sent(self.application, request.path, request.headers)

    def run(self):
        """Serve until ``stop`` is called or the parent dies; then finish what has begun, within 12 s."""
        parent = os.getppid()
        while not self.stopping and os.getppid() == parent:
            self._turn(TURN_S)
        self.stopping = True
        for connection in list(self.active_channels.values()):
            connection.take_no_more()
        wasyncore.dispatcher.close(self)  # The listener alone: the threads still wake this one.
        deadline = time.monotonic() + STOP_S
        while (self.active_channels or self.task_dispatcher.busy) and time.monotonic() < deadline:
            self._turn(TURN_S / 10)
            self._close(lambda connection: connection.idle)
        self.task_dispatcher.shutdown()

    def stop(self, *_signal):
        """Make ``run`` come to its end."""
        self.stopping = True
        self.trigger.pull_trigger()

    def pull_trigger(self):
        """Of a thread that has answered: its connection asks for more than that only if it has to."""

    def look_at(self, connection):
        """Have the loop see what *connection* waits for now that a thread has changed it."""
        if self._map.misses(connection):
            self.trigger.pull_trigger(lambda: self._map.look_at(connection))

    def maintenance(self, now):
        self._close(lambda connection: connection.is_overdue(now))

    def handle_accept(self):
        """Accept a client. When there are too many, the one that has been waited for longest has to go."""
        super().handle_accept()
        if len(self.active_channels) > self.most_connections:
            waiting = [one for one in self.active_channels.values() if not one.requests]
            if waiting:
                min(waiting, key=lambda one: one.waits_since).handle_close()

    def _turn(self, timeout_s):
        self._map.look_at(
            self
        )  # It does its maintenance, and accepts nobody while too many wait for answers.
        self._map.turn(timeout_s)

    def _close(self, condition):
        for connection in list(self.active_channels.values()):
            if condition(connection):
                connection.handle_close()


def most_connections():
    """As many as this process may have files open for; it gets the right to more if the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS + SPARE_FILES  # An answer may be a file.
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(MOST_CONNECTIONS, (wanted - SPARE_FILES) // 2)

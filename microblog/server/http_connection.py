"""The connection of one client, as waitress has it, with patience that ends."""

import socket
import time
from contextlib import suppress

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from microblog.server.http_request import Request

READ_S = 30  # For a whole request, from its first byte: 64 KiB need 2 KiB a second.
IDLE_S = 60  # Until the next request, or until the client takes more of an answer.
LINGER_S = 3


class Answer(WSGITask):
    """Keeps the connection after what has no body by its status, such as 304; waitress would close it."""

    def set_close_on_finish(self):
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked or self.version == "1.0":
            super().set_close_on_finish()


class Connection(HTTPChannel):
    """Takes one request after the other; the app answers each in a thread."""

    parser_class = Request
    task_class = Answer
    lingers_since = None
    answers = False

    @property
    def idle(self):
        """Whether nothing is being received, answered or sent, and nothing has arrived to be read."""
        busy = self.requests or self.request or self.total_outbufs_len or self.close_when_flushed
        return not (busy or self._has_input())

    @property
    def waits_since(self):
        """When it began to wait for its client."""
        if self.request:
            return self.request.began_at
        return self.lingers_since or self.last_activity

    def is_overdue(self, now):
        """Whether the client has had its time; while the app is at work, it has."""
        patience = LINGER_S if self.lingers_since else IDLE_S
        if self.request:
            patience = READ_S + self.request.upload_s
        return not self.requests and now - self.waits_since > patience

    def received(self, data):
        return not self.lingers_since and super().received(data)

    def service(self):
        if self.server.stopping:
            self.take_no_more()
        self.answers = True
        try:
            super().service()
            self._send()  # Only now, or the client could ask for more before this connection is ready for it.
        finally:
            self.answers = False
        self.server.look_at(self)

    def take_no_more(self):
        """Have the answers to what has arrived announce the end of the connection, one under way as well."""
        for request in list(self.requests):
            request.close_afterwards()

    def writable(self):
        """
        Whether the loop has to send or close.

        While a thread answers, it sends by itself: the loop would turn round and round until it is done, or
        wait for a lock only to find all of it sent.
        """
        unsent = self.total_outbufs_len or self.close_when_flushed
        return self.will_close or (unsent and not self.requests and not self.answers)

    def handle_write(self):
        """Send; the last answer is followed by the end of our side only."""
        with self.outbuf_lock:
            self._write()

    def _send(self):
        """Send what the client takes at once."""
        with self.outbuf_lock:
            if self.connected and self.total_outbufs_len:
                self._flush_exception(self._flush_some, do_close=False)

    def _write(self):
        if not self.close_when_flushed:
            super().handle_write()
            return
        self.close_when_flushed = False  # Or the connection would be closed as soon as all is sent.
        super().handle_write()
        if self.total_outbufs_len:
            self.close_when_flushed = True
        elif self.connected:
            self._linger()

    def _has_input(self):
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except OSError:  # Nothing has arrived, or nobody is there.
            return False

    def _linger(self):
        """
        Read on for a moment, as RFC 9112, section 9.6, asks for.

        To close while more of a refused body arrives would take the refusal away from its client.
        """
        self.lingers_since = time.time()
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

"""A request as waitress receives it, with stricter ends, and refusals left to the app."""

import time
from copy import copy

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import RequestEntityTooLarge

SLOWEST_UPLOAD = 16 * 1024  # Bytes a second.


class Request(HTTPRequestParser):
    """
    What has been received of a request so far.

    *is_upload*: its body may be as large as ``adj.largest_upload``; the others' are small.
    """

    path = ""  # Of one that is refused: waitress logs it.
    is_upload = False

    def __init__(self, adj):
        super().__init__(adj)
        self.began_at = time.time()

    def received(self, data):
        """
        Take what of *data* belongs to this request; what follows is dropped, and the connection with it.

        A client that sends requests without reading the answers could otherwise pile them up in memory.
        Returns how many bytes were taken or dropped.
        """
        taken = super().received(data)
        if self.empty or not self.completed:  # Blank lines before a request are no request.
            return taken
        self.expect_continue = False
        if isinstance(self.error, RequestEntityTooLarge):
            self._leave_refusal_to_app()
        if taken < len(data):
            self.close_afterwards()
        return len(data)

    @property
    def upload_s(self):
        """How much longer than others its client may take to send it."""
        return self.content_length / SLOWEST_UPLOAD if self.is_upload else 0

    def close_afterwards(self):
        """Have the answer announce that it is the last one on its connection."""
        self.headers["CONNECTION"] = "close"

    def parse_header(self, header_plus):
        """
        Refuse also what another server might take for two requests.

        Raises:
            ParsingError: answered with 400.
        """
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # An address such as "http://[", a length of thousands of digits.
            raise ParsingError("Malformed request") from error
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Ambiguous length")
        if self.content_length >= self.adj.max_request_body_size and self.adj.admits_upload(self):
            self.is_upload = True
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = self.adj.largest_upload

    def _leave_refusal_to_app(self):
        """Let the app, which sees the length but no body, say in its own words that it is too much."""
        self.error = self.body_rcv = None
        # It came in chunks, or is a file of which too many are being received: too much in any case.
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.adj.largest_upload))
        self.close_afterwards()

"""A real SMTP server that answers as a test tells it to."""

import asyncio
import email
import email.policy

from aiosmtpd.controller import Controller

from tests.end_to_end.running_site import PATIENCE_S, free_port

ACCEPT = "250 accepted"
SILENT = "silent"
DROP = "drop"
HANG = "hang"


class Postbox:
    """
    Keeps what it accepts in ``mails``.

    ``answers`` is a queue of answers to the next mails: ``ACCEPT``, ``SILENT`` (the server hangs after the
    final dot), ``DROP`` (it accepts and drops the connection), or an SMTP answer such as "450 later".
    With ``at_recipient`` answers are given to RCPT instead of DATA, where ``HANG`` hangs. When none is left,
    mails are accepted.
    """

    def __init__(self, **options):
        """*options* are those of aiosmtpd's controller."""
        self.mails = []
        self.tries = 0
        self.answers = []
        self.at_recipient = False
        self.on_accept = lambda: None
        self.on_recipient = lambda: None
        options = {"data_size_limit": 64 * 1024**2, "ready_timeout": PATIENCE_S, **options}
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), **options)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop(no_assert=True)

    @property
    def port(self):
        return self._controller.port

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.at_recipient and self.answers:
            self.tries += 1
            self.on_recipient()
            answer = self.answers.pop(0)
            if answer == HANG:
                await asyncio.sleep(30)
            return answer
        envelope.rcpt_tos.append(address)
        return ACCEPT

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else ACCEPT
        if answer == SILENT:
            await asyncio.sleep(30)
        if answer in (ACCEPT, DROP):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.on_accept()
        if answer == DROP:
            server.transport.abort()
        return answer

"""Flask-Mail with what it lacks: a timeout, verified TLS, UTF-8, and what the server's answer means."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from typing import Any

import flask_mail
from flask import current_app

from microblog.base.i18n import N_
from microblog.mail.exceptions import MailDelayed, MailRefused, TooBig

TIMEOUT_S = 15
PIECE_BYTES = 64 * 1024
END = b"\r\n.\r\n"
ACCEPTED = 250
TOO_BIG = 552
UNREACHABLE = N_("The mail server could not be reached.")
LATER = N_("The mail server asked to try again later.")
BROKEN_OFF = N_("The mail server broke off the connection.")
MISFIT = N_("The mail server lacks what this site is set up to use.")
NOT_SIGNED_IN = N_("The mail server did not let this site sign in.")
ADDRESS_REFUSED = N_("The mail server refused the address.")
MAIL_REFUSED = N_("The mail server refused the mail.")


class DeliveryUnknown(Exception):
    """The connection was lost past the point where the server may have accepted the mail."""


class Mail(flask_mail.Mail):
    def connect(self) -> "Connection":
        return Connection(current_app.extensions["mail"])


mail = Mail()


def send(message: flask_mail.Message, before_data_end: Callable[[], None] = lambda: None) -> None:
    """
    Send *message*; call *before_data_end* right before the server can have accepted it. If that raises, the
    connection is dropped and the mail does not leave.

    Raises:
        MailDelayed: it may go through later.
        MailRefused: it will not; ``TooBig`` if a smaller one would.
    """
    try:
        with mail.connect() as connection:
            connection.host.before_data_end = before_data_end
            connection.send(message)
    except DeliveryUnknown as error:
        raise MailDelayed(BROKEN_OFF, uncertain=True) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, _answer = next(iter(error.recipients.values()))
        raise _meaning(code, ADDRESS_REFUSED) from error
    except smtplib.SMTPAuthenticationError as error:
        raise MailDelayed(NOT_SIGNED_IN) from error
    except smtplib.SMTPResponseException as error:
        raise _meaning(error.smtp_code, MAIL_REFUSED) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailDelayed(MISFIT) from error
    except OSError as error:
        # Includes every other SMTPException, refused and timed out connections, and bad certificates.
        raise MailDelayed(UNREACHABLE) from error


def rehearse(sender: str) -> None:
    """
    Go as far as a mail of *sender* would before its recipient is named, and take it back: no mail leaves.

    Raises:
        OSError: the server cannot be reached, or refuses; with its words if it said any.
        UnicodeError: *sender* cannot be sent.
    """
    with mail.connect() as connection:
        connection.host.ehlo_or_helo_if_needed()
        code, answer = connection.host.mail(parseaddr(flask_mail.sanitize_address(sender))[1])
        if code != ACCEPTED:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        connection.host.rset()


def begins_with_tls() -> bool:
    """Whether the mail server speaks TLS from the first byte, whoever signed its certificate."""
    server, port = current_app.extensions["mail"].server, current_app.extensions["mail"].port
    try:
        with socket.create_connection((server, port), TIMEOUT_S) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname=server).close()
    except ssl.SSLCertVerificationError:
        return True
    except OSError:
        return False
    return True


def _meaning(code: int, refusal: str) -> Exception:
    """RFC 5321, 4.2.1: 4yz is transient, 5yz is permanent; 552 says that the mail is too big."""
    if code == TOO_BIG:
        return TooBig(refusal)
    return MailRefused(refusal) if 500 <= code < 600 else MailDelayed(LATER)


class Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a timeout and TLS that is verified."""

    host: "_TellsUncertainty"

    def configure_host(self) -> "_TellsUncertainty":
        server, port = self.mail.server, self.mail.port
        if self.mail.use_ssl:
            host: _TellsUncertainty = _SMTPOverTLS(
                server, port, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            host = _SMTP(server, port, timeout=TIMEOUT_S)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except OSError:
            host.close()
            raise
        return host

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if self.host is None:
            return
        # In the middle of a mail, QUIT would be taken for a part of it and never be answered.
        if error is None or isinstance(error, smtplib.SMTPException):
            # The mail is accepted or refused by now: the answer to QUIT changes neither.
            with suppress(OSError):
                self.host.quit()
        self.host.close()


class _TellsUncertainty(smtplib.SMTP):
    """Distinguishes a connection lost after the end of the data from one lost before it."""

    data_ended = False
    # Called when the mail may arrive from now on.
    before_data_end: Callable[[], None]

    def send(self, data: Any) -> None:
        """
        Only the data that holds the whole mail ends with the final dot: it goes in pieces, that dot last.

        The timeout counts for each piece, so that a slow line can carry a large mail.
        """
        if not (isinstance(data, bytes) and data.endswith(END)):
            return super().send(data)
        rest = data[: -len(END)]
        for start in range(0, len(rest), PIECE_BYTES):
            super().send(rest[start : start + PIECE_BYTES])
        self.before_data_end()
        super().send(END)
        self.data_ended = True
        return None

    def data(self, message: Any) -> tuple[int, bytes]:
        try:
            return super().data(message)
        except smtplib.SMTPServerDisconnected as error:
            if self.data_ended:
                raise DeliveryUnknown from error
            raise


class _UTF8(str):
    """Text that smtplib, which asks for ASCII, gets in UTF-8."""

    def encode(self, *_encoding: str) -> bytes:
        return super().encode()


class _SignsInByUTF8(smtplib.SMTP):
    """Name and password may hold any character: RFC 4616 has them in UTF-8."""

    def login(self, user: str, password: str, **options: Any) -> tuple[int, bytes]:
        return super().login(_UTF8(user), _UTF8(password), **options)

    def auth(self, mechanism: str, authobject: Any, **options: Any) -> tuple[int, bytes]:
        def answer_in_utf8(challenge: Any = None) -> Any:
            text = authobject(challenge)
            return None if text is None else _UTF8(text)

        return super().auth(mechanism, answer_in_utf8, **options)


class _SMTP(_SignsInByUTF8, _TellsUncertainty):
    pass


class _SMTPOverTLS(_SignsInByUTF8, _TellsUncertainty, smtplib.SMTP_SSL):
    pass

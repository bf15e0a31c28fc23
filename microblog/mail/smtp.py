"""Flask-Mail with what it lacks: a timeout, verified TLS, and whether a lost mail may have arrived."""

import smtplib
import ssl
from contextlib import suppress

import flask_mail
from flask import current_app

TIMEOUT_S = 15


class BrokenOff(Exception):
    """The connection was lost past the point where the server may have accepted the mail."""


class Mail(flask_mail.Mail):
    def connect(self):
        return Connection(current_app.extensions["mail"])


mail = Mail()


class Connection(flask_mail.Connection):
    """Flask-Mail's connection, with a timeout and TLS that is verified."""

    def configure_host(self):
        server, port = self.mail.server, self.mail.port
        if self.mail.use_ssl:
            host = _SMTPOverTLS(server, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
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

    def __exit__(self, kind, error, traceback):
        if self.host is None:
            return
        # In the middle of a mail, QUIT would be taken for a part of it and never be answered.
        if error is None or isinstance(error, smtplib.SMTPException):
            # The mail is accepted or refused by now: the answer to QUIT changes neither.
            with suppress(OSError):
                self.host.quit()
        self.host.close()


class _TellsUncertainty:
    """Distinguishes a connection lost after the final dot from one lost before it."""

    left = False

    def send(self, data):
        """Only the data that holds the whole mail ends with the final dot."""
        final = isinstance(data, bytes) and data.endswith(b"\r\n.\r\n")
        if final:
            self.about_to_leave()
        super().send(data)
        self.left = self.left or final

    def data(self, message):
        try:
            return super().data(message)
        except smtplib.SMTPServerDisconnected as error:
            if self.left:
                raise BrokenOff from error
            raise


class _SMTP(_TellsUncertainty, smtplib.SMTP):
    pass


class _SMTPOverTLS(_TellsUncertainty, smtplib.SMTP_SSL):
    pass

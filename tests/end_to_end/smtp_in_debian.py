"""A mail server as most providers have them: STARTTLS first, then a password. Runs in the tests' Debian."""

import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import AuthResult, LoginPassword

certificate, key, folder, name, password = sys.argv[1:]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)


def check(_server, _session, _envelope, _mechanism, given):
    right = LoginPassword(name.encode(), password.encode())
    return AuthResult(success=given == right, handled=False)


Controller(
    Mailbox(folder),
    hostname="127.0.0.1",
    port=587,
    tls_context=context,
    require_starttls=True,
    auth_required=True,
    authenticator=check,
).start()
signal.pause()

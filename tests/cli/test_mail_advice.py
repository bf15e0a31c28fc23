"""What the doctor says of a real mail server that takes no mail of this site, for each reason."""

import socket
import ssl
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from aiosmtpd.smtp import AuthResult

from microblog.base.config import ROOT
from microblog.mail import smtp
from microblog.ops import mail_advice
from microblog.ops.doctor import FAULT, WELL
from tests.end_to_end.postbox import Postbox
from tests.end_to_end.running_site import free_port

CERTIFICATE = ROOT / "tests" / "fixtures" / "mail_server.pem"
SIGN_IN = {"mail_username": "microblog", "mail_password": "right"}


class Choosy(Postbox):
    """A mail server that gives *answer* to whoever wants to send a mail."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        return self.answer


def tls():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def refuse(*_):
    return AuthResult(success=False, handled=False)


@contextmanager
def silent():
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield SimpleNamespace(port=server.getsockname()[1])


def signing_in():
    return Postbox(authenticator=refuse, auth_require_tls=False)


# The server, how the site uses it, what is told of what it said, and which advice is right.
CAUSES = {
    "tls first": (lambda: Postbox(ssl_context=tls()), {}, "timed out", "TLS_FIRST"),
    "tls first for starttls": (
        lambda: Postbox(ssl_context=tls()),
        {"mail_use_tls": True},
        "timed out",
        "TLS_FIRST",
    ),
    "no tls first": (Postbox, {"mail_use_ssl": True}, "SSL", "NO_TLS_FIRST"),
    "no starttls": (Postbox, {"mail_use_tls": True}, "STARTTLS", "NO_STARTTLS"),
    "starttls first": (
        lambda: Postbox(tls_context=tls(), require_starttls=True),
        {},
        "530 Must issue a STARTTLS command first",
        "STARTTLS_FIRST",
    ),
    "certificate": (
        lambda: Postbox(ssl_context=tls()),
        {"mail_use_ssl": True},
        "CERTIFICATE_VERIFY_FAILED",
        "CERTIFICATE",
    ),
    "wrong password": (signing_in, SIGN_IN, "535 5.7.8", "CREDENTIALS"),
    "no password": (
        lambda: Choosy("530 5.7.0 Authentication required"),
        {},
        "530 5.7.0 Authentication required",
        "CREDENTIALS",
    ),
    "nobody signs in": (
        lambda: Postbox(ssl_context=tls()),
        {"mail_use_ssl": True, "mail_server": "localhost", **SIGN_IN},
        "AUTH",
        "NO_SIGN_IN",
    ),
    "nobody signs in in the clear": (Postbox, SIGN_IN, "AUTH", "NO_SIGN_IN_YET"),
    "sender": (lambda: Choosy("553 5.7.1 not yours"), {}, "553 5.7.1 not yours", "SENDER"),
    "sender that cannot be sent": (
        Postbox,
        {"mail_default_sender": "jörg@example.org"},
        "jörg@example.org",
        "SENDABLE_SENDER",
    ),
    "no such name": (Postbox, {"mail_server": "nobody.invalid"}, "nobody.invalid", "NO_SUCH_NAME"),
    "nothing there": (Postbox, {"mail_port": free_port()}, "refused", "NOTHING_THERE"),
    "no answer": (silent, {}, "timed out", "NO_ANSWER"),
}


@pytest.fixture
def examine_mail(app, examine, monkeypatch):
    """A function that examines a site that uses the mail server on *port* in the way of *changed*."""
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.3)

    def examine_mail(port, **changed):
        used = {
            "mail_server": "127.0.0.1",
            "mail_port": port,
            "mail_default_sender": "me@example.org",
            **changed,
        }
        for name in ("server", "port", "use_tls", "use_ssl", "username", "password"):
            setattr(app.extensions["mail"], name, used.get(f"mail_{name}"))
        return examine(**used)["mail"]

    return examine_mail


@pytest.mark.parametrize("cause", CAUSES)
def test_the_servers_words_are_repeated_and_the_advice_fits(examine_mail, monkeypatch, cause):
    make, changed, said, advice = CAUSES[cause]
    if changed.get("mail_server") == "localhost":
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))

    with make() as server:
        found = examine_mail(server.port, **changed)

    assert (found.grade, found.remedy) == (FAULT, getattr(mail_advice, advice))
    assert said in found.what
    assert "\n" not in found.what


def test_every_advice_has_its_cause():
    named = {name for name, value in vars(mail_advice).items() if name.isupper() and isinstance(value, str)}

    assert named == {advice for *_, advice in CAUSES.values()}


def test_a_server_that_takes_the_sender_gets_no_mail(examine_mail):
    with Postbox() as postbox:
        found = examine_mail(postbox.port)

        assert (found.grade, postbox.mails, postbox.tries) == (WELL, [], 0)
    assert "me@example.org" in found.what

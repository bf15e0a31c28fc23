"""A mail server that cannot prove who it is gets neither mail nor password."""

import dataclasses
import ssl

import pytest
from aiosmtpd.smtp import AuthResult

from microblog.base.config import ROOT
from microblog.mail.delivery import send_test
from microblog.mail.exceptions import MailDelayed
from tests.end_to_end.postbox import Postbox

CERTIFICATE = ROOT / "tests" / "fixtures" / "mail_server.pem"
SECURED = {"starttls": {"mail_use_tls": True}, "tls": {"mail_use_ssl": True}}


@pytest.fixture(params=SECURED)
def secured(request):
    """How the site connects: by STARTTLS, or by TLS from the first byte."""
    return request.param


@pytest.fixture
def passwords():
    """The passwords that the mail server received."""
    return []


@pytest.fixture
def postbox(secured, passwords):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    how = {"tls_context": context} if secured == "starttls" else {"ssl_context": context}

    def authenticator(_server, _session, _envelope, _mechanism, data):
        passwords.append(data.password.decode())
        return AuthResult(success=data.password == b"right", handled=False)

    # aiosmtpd takes a connection that is TLS from the first byte for one that is not.
    with Postbox(authenticator=authenticator, auth_require_tls=secured == "starttls", **how) as postbox:
        yield postbox


@pytest.fixture
def settings(settings, secured, postbox):
    return dataclasses.replace(
        settings,
        mail_server="localhost",
        mail_port=postbox.port,
        mail_username="microblog",
        mail_password="right",
        **SECURED[secured],
    )


@pytest.fixture
def trusted(monkeypatch):
    """This machine trusts whoever signed the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def test_a_server_whose_certificate_nobody_signed_gets_neither_mail_nor_password(app, postbox, passwords):
    with app.app_context(), pytest.raises(MailDelayed, match="could not be reached") as caught:
        send_test("susan@example.org")

    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert (postbox.mails, passwords) == ([], [])


def test_a_certificate_for_another_name_is_none(app, postbox, passwords, trusted):
    app.extensions["mail"].server = "127.0.0.1"

    with app.app_context(), pytest.raises(MailDelayed, match="could not be reached") as caught:
        send_test("susan@example.org")

    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert (postbox.mails, passwords) == ([], [])


def test_a_server_that_somebody_vouches_for_gets_the_mail(app, postbox, passwords, trusted):
    with app.app_context():
        send_test("susan@example.org")

    assert [message["To"] for message in postbox.mails] == ["susan@example.org"]
    assert passwords == ["right"]


def test_a_server_that_does_not_let_us_sign_in_is_told_so(app, postbox, trusted):
    app.extensions["mail"].password = "wrong"

    with app.app_context(), pytest.raises(MailDelayed, match="did not let this site sign in"):
        send_test("susan@example.org")

    assert postbox.mails == []


@pytest.mark.parametrize("lacking", ["starttls", "auth"])
def test_a_server_that_lacks_what_the_site_uses_was_reached_all_the_same(app, lacking):
    with Postbox() as postbox:
        mail = app.extensions["mail"]
        mail.server, mail.port, mail.use_ssl = "localhost", postbox.port, False
        mail.use_tls = lacking == "starttls"

        with app.app_context(), pytest.raises(MailDelayed, match="lacks what this site is set up to use"):
            send_test("susan@example.org")

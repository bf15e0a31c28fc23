"""The site signs in at its mail server by whatever name and password it has there."""

import dataclasses
import hmac

import pytest
from aiosmtpd.smtp import AuthResult

from microblog.mail.delivery import send_test
from tests.end_to_end.postbox import Postbox

MECHANISMS = {"CRAM-MD5", "LOGIN", "PLAIN"}
CHALLENGE = b"<1@example.org>"
NAME, PASSWORD = "jörg", " gehéim 密码 "


class Doorkeeper(Postbox):
    """Takes no mail from who has not signed in by *mechanism*; keeps in ``heard`` what it was told."""

    def __init__(self, mechanism):
        self.heard = []
        super().__init__(
            authenticator=self.authenticate,
            auth_required=True,
            auth_require_tls=False,
            auth_exclude_mechanism=MECHANISMS - {mechanism},
        )

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        self.heard.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    async def auth_CRAM__MD5(self, server, _words):  # noqa: N802 - by this name aiosmtpd finds it
        name, _space, proof = (await server.challenge_auth(CHALLENGE)).decode().rpartition(" ")
        right = hmac.new(PASSWORD.encode(), CHALLENGE, "md5").hexdigest()
        self.heard.append((name, PASSWORD if proof == right else proof))
        return AuthResult(success=True)


pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(params=sorted(MECHANISMS))
def postbox(request):
    with Doorkeeper(request.param) as postbox:
        yield postbox


@pytest.fixture
def settings(settings, postbox):
    return dataclasses.replace(
        settings,
        mail_server="127.0.0.1",
        mail_port=postbox.port,
        mail_username=NAME,
        mail_password=PASSWORD,
    )


def test_name_and_password_may_hold_any_character(app, postbox):
    with app.app_context():
        send_test("susan@example.org")

    assert [message["To"] for message in postbox.mails] == ["susan@example.org"]
    assert postbox.heard == [(NAME, PASSWORD)]


def test_a_mail_leaves_for_the_domain_that_was_written(app, postbox):
    with app.app_context():
        send_test("susan@straße.example")

    assert [message["To"] for message in postbox.mails] == ["susan@xn--strae-oqa.example"]

"""
What the site signs is signed by HMAC-SHA-256: cookies, tokens of forms, envelopes in the queue.

The libraries' default is HMAC-SHA-1, which is not for new designs (OWASP ASVS 5.0, 11.4.1 and Appendix C).
"""

from hashlib import sha256

from flask.sessions import SecureCookieSessionInterface
from huey.serializer import Serializer
from itsdangerous import Signer


class SignedEnvelopes(Serializer):
    """Pickles what the queue carries; what somebody else put there is refused before it is unpickled."""

    def __init__(self, keys):
        """Sign with *keys*, one or several, of which the last signs and all are believed."""
        super().__init__()
        self._signer = Signer(keys, salt="microblog.envelope", digest_method=sha256)

    def _serialize(self, data):
        return self._signer.sign(super()._serialize(data))

    def _deserialize(self, data):
        """
        Raises:
            BadSignature: it is none of ours.
        """
        return super()._deserialize(self._signer.unsign(data))


class SignedCookie(SecureCookieSessionInterface):
    digest_method = staticmethod(sha256)


def init_app(app):
    # Flask-WTF asks for nothing else than the default.
    Signer.default_digest_method = staticmethod(sha256)
    app.session_interface = SignedCookie()

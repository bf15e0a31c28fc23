"""
HMAC-SHA-256 for everything that the site signs: cookies, form tokens, queue messages.

The libraries default to HMAC-SHA-1, which is not for new designs (OWASP ASVS 5.0, 11.4.1 and Appendix C).
"""

from hashlib import sha256

from flask.sessions import SecureCookieSessionInterface
from huey.serializer import Serializer
from itsdangerous import Signer, URLSafeTimedSerializer


class SignedSerializer(Serializer):
    """Pickles and signs what the queue carries; refuses foreign data before it is unpickled."""

    def __init__(self, keys):
        """Use *keys*, one or several: the last one signs, and all of them are accepted."""
        super().__init__()
        self._signer = Signer(keys, salt="microblog.queue", digest_method=sha256)

    def _serialize(self, data):
        return self._signer.sign(super()._serialize(data))

    def _deserialize(self, data):
        """
        Raises:
            BadSignature: it was not signed by us.
        """
        return super()._deserialize(self._signer.unsign(data))


class SignedCookie(SecureCookieSessionInterface):
    digest_method = staticmethod(sha256)


def init_app(app):
    app.session_interface = SignedCookie()


def serializer(keys, salt):
    """Signs texts, such as the tokens of forms: the last of *keys* signs, and all of them are accepted."""
    return URLSafeTimedSerializer(keys, salt=salt, signer_kwargs={"digest_method": sha256})

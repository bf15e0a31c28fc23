"""
The site's key and HMAC-SHA-256, for everything that it signs: cookies, form tokens, queue messages.

The libraries default to HMAC-SHA-1, which is not for new designs (OWASP ASVS 5.0, 11.4.1 and Appendix C).
"""

import hmac
import json
import secrets
from functools import lru_cache
from hashlib import sha256

from flask.sessions import SecureCookieSessionInterface
from huey.serializer import Serializer
from itsdangerous import Signer, TimedSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import SigningAlgorithm

from microblog.base.config import BadSettings, can_be_guessed
from microblog.base.config.kinds import SECRET
from microblog.base.files import atomic_write, refuse_dead_link
from microblog.base.locks import locked

LONG_BYTES = 1000


def secret_key(settings):
    """
    The key that signs cookies and queue messages: ``SECRET_KEY``, else the one that ``keep_key`` stored.

    While there is none it is a new one in memory: the app of a command that may not make one has it.

    Raises:
        BadSettings: somebody has put a bad one there.
    """
    if settings.secret_key:
        return settings.secret_key
    path = _path(settings)
    try:
        return read_key(path, settings.https)
    except OSError:
        # Nor one that somebody else may not read: whoever goes on calls ``keep_key``, and learns of it there.
        return secrets.token_hex(32)
    except ValueError as error:
        raise BadSettings(f"the file {path} {error}; delete it, and a new one is made") from error


def keep_key(settings, new_key=None):
    """
    Store a key in ``secret_key`` in the data folder, unless there is one, readable by its owner only.

    It is *new_key*, by default a random one.

    Raises:
        OSError: there is none that can be read.
    """
    if settings.secret_key:
        return
    path = _path(settings)
    # A new key would sign everybody out.
    refuse_dead_link(path)
    if not path.exists():
        # Two processes that start at once must use the same key.
        with locked(settings.data_dir / "run" / "secret_key.lock"):
            if not path.exists():
                with atomic_write(path) as file:
                    file.write(new_key or secrets.token_hex(32))
    path.open().close()


def read_key(path, https):
    """
    The key in the file at *path*, which must be as good as one in the settings.

    Raises:
        ValueError: it is not; the message says what is wrong, without the key.
    """
    try:
        key = path.read_text()
    except UnicodeDecodeError:
        raise ValueError("is no text") from None
    if not SECRET.is_valid(key):
        raise ValueError(SECRET.rule)
    if https and can_be_guessed(key):
        raise ValueError("must have 32 random characters or more under https")
    return key


def _path(settings):
    return settings.data_dir / "secret_key"


class SignedSerializer(Serializer):
    """
    Writes what the queue carries as signed JSON.

    Huey would pickle it: whoever got hold of our key could then run any code in the worker.
    """

    def __init__(self, keys):
        """Use *keys*, one or several: the last one signs, and all of them are accepted."""
        super().__init__()
        self._signer = Signer(keys, salt="microblog.queue", digest_method=sha256)

    def _serialize(self, data):
        return self._signer.sign(json.dumps(data))

    def _deserialize(self, data):
        """
        Raises:
            BadSignature: it was not signed by us.
            ValueError: it is no JSON, but a message of a former version.
        """
        return json.loads(self._signer.unsign(data))


class SignedCookie(SecureCookieSessionInterface):
    """Flask's session cookie; it would make a new serializer for reading and another one for writing."""

    def get_signing_serializer(self, app):
        return _kept_serializer(
            tuple(app.config["SIGNING_KEYS"]), self.salt, self.serializer, self.key_derivation
        )


def serializer(keys, salt):
    """Signs texts, such as the tokens of forms: the last of *keys* signs, and all of them are accepted."""
    return _kept_serializer(tuple(keys), salt)


@lru_cache(maxsize=20)
def _kept_serializer(keys, salt, serializer=None, key_derivation=None):
    signer = {"digest_method": sha256, "key_derivation": key_derivation, "algorithm": _HMAC()}
    return _Serializer(list(keys), salt=salt, serializer=serializer, signer_kwargs=signer)


class _Serializer(URLSafeTimedSerializer):
    """Tries only long texts whether zlib makes them shorter: it clears a quarter of a megabyte to begin."""

    def dump_payload(self, obj):
        text = TimedSerializer.dump_payload(self, obj)
        return base64_encode(text) if len(text) < LONG_BYTES else super().dump_payload(obj)


class _HMAC(SigningAlgorithm):
    """In one call of OpenSSL, where itsdangerous makes an object of Python's for it."""

    def get_signature(self, key, value):
        return hmac.digest(key, value, "sha256")

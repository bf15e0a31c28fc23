"""The seal, by which this site knows an archive as its own and unchanged; to others it says nothing."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

DOMAIN = b"microblog.archive.seal"
METHOD = "HMAC-SHA256"


def of(manifest: bytes, keys: Sequence[str]) -> str:
    """The text of ``seal.txt`` for *manifest*, bytes that tell of all files; the last of *keys* seals."""
    return f"{METHOD} {_made(manifest, keys[-1])}\n"


def is_ours(text: bytes, manifest: bytes, keys: Sequence[str]) -> bool:
    """Whether one of *keys* made *text*, bytes, for this *manifest*."""
    return any(hmac.compare_digest(text, of(manifest, [key]).encode()) for key in keys)


def _made(manifest: bytes, key: str) -> str:
    # A key for this use alone, so that nothing else the site signs can pass for a seal.
    own = hmac.digest(key.encode(), DOMAIN, sha256)
    return hmac.digest(own, manifest, sha256).hex()

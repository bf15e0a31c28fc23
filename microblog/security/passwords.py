"""
Passwords: argon2id hashes, made anew when the parameters grow, and the common ones that are refused.

Those are the eight thousand most common of the length that is accepted here, from the list of Django's
validator, which Royce Williams compiled from published break-ins.
"""

import threading
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# In characters; NIST SP 800-63B asks for at least 8 and for room for at least 64.
SHORTEST, LONGEST = 8, 128
# OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane, or more. Two
# hashes at once are what a small server can spare.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
hashing = threading.BoundedSemaphore(2)
# By the same parameters; verified if there is no such account, so that the answer takes just as long.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$XD+WzoikGNPGAq+j95+Dfw$H391ya2E4cIQ4j/Ji1kSG4lXK3BbD/tBqsGdrrjKIX4"
COMMON = Path(__file__).with_name("common_passwords.txt")


def hash_password(password):
    with hashing:
        return hasher.hash(password)


def check_password(user, password):
    """Whether *password* is that of *user*; None for *user* takes as long and is never right."""
    try:
        with hashing:
            hasher.verify(user.password_hash if user else NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    if user and hasher.check_needs_rehash(user.password_hash):
        user.rehash(hash_password(password))
    return user is not None


def is_common(password):
    """Whether *password* is one of the most common, in any case."""
    return password.casefold() in _common()


@cache
def _common():
    return frozenset(COMMON.read_text().split())

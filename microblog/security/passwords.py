"""
Passwords: argon2id hashes of the normalized text, made anew when the parameters grow.

The same sign is typed as one code point or as several, depending on the device: NFKC makes one of them.
"""

import threading
import unicodedata

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
# NFKC makes one code point of four at most; of many marks in a row, it takes time squared.
MOST_CODE_POINTS = 4 * LONGEST


def normalized(password):
    """*password* in NFKC; as it is if it is longer than any that is accepted."""
    return unicodedata.normalize("NFKC", password) if len(password) <= MOST_CODE_POINTS else password


def hash_password(password):
    with hashing:
        return hasher.hash(normalized(password))


def check_password(user, password):
    """Whether *password* is that of *user*; None for *user* takes as long and is never right."""
    stored, text = user.password_hash if user else NOBODY, normalized(password)
    right = _verify(stored, text)
    # Hashes of former versions are of the text as it was typed.
    right_as_typed = not right and text != password and _verify(stored, password)
    if user and (right_as_typed or (right and hasher.check_needs_rehash(stored))):
        user.rehash(hash_password(password))
    return user is not None and (right or right_as_typed)


def _verify(stored, password):
    try:
        with hashing:
            return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False

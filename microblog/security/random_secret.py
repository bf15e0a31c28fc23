"""Secrets that are handed out once, and the hashes that are all we keep of them."""

import hashlib
import secrets


def new_secret():
    """256 random bits, as text that can stand in an address."""
    return secrets.token_urlsafe(32)


def hash_of(secret):
    """SHA-256 in hexadecimal. A fast hash will do: nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

"""Names of cookies: a browser sends them to all ports of a host, so each installation has its own."""

from hashlib import sha256
from typing import TYPE_CHECKING

from flask import current_app, request

if TYPE_CHECKING:
    from microblog.base.config import Settings


def prefix(settings: "Settings") -> str:
    """
    What the names of all cookies of this installation begin with.

    It follows from folder and BASE_URL of the site; a new key signs nobody out.
    """
    place = f"{settings.data_dir.resolve()} {settings.base_url}"
    host_only = "__Host-" if settings.https else ""
    return f"{host_only}microblog-{sha256(place.encode()).hexdigest()[:8]}-"


def full_name(name: str) -> str:
    """What the cookie *name*, such as ``visit``, is called here."""
    return current_app.config["COOKIE_PREFIX"] + name


def given(name: str) -> str:
    """What the cookie *name* of this request holds; "" if it has none."""
    cookies, name = request.cookies, full_name(name)
    # Most requests have few; ``get`` would make the page of an error to learn that one is missing.
    return cookies[name] if name in cookies else ""  # noqa: SIM401

"""
The security log for the administrator: one line for each sign-in, change, deletion and refusal.

A file, not a table: it also records GETs, such as downloads, and a GET writes nothing to the database.
"""

import json
import logging
import os
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from flask import has_request_context, request

from microblog.base import clock
from microblog.base.database import data_dir
from microblog.base.files import for_owner_only
from microblog.base.logs import one_line

LARGEST_BYTES = 2 * 1024**2
# Who acts by a command: whoever has a shell on the server.
OPERATOR = "operator"
# How much of the end is read to show the latest events.
TAIL_BYTES = 64 * 1024

log = logging.getLogger(__name__)


class Event(NamedTuple):
    timestamp: datetime
    text: str


def record(event, user=None, by=None, **facts):
    """
    Write a line about *event*, with the name of *user*, *facts*, and the address of the request.

    *by* is the name of whoever acts for *user*, or on them; left out if it is their own.
    *facts* must hold no secret, and nothing that might be one: people type passwords into every field.
    """
    fields = {"user": user.username} if user else {}
    fields |= facts
    if by and by != fields.get("user"):
        fields["by"] = by
    # Some commands make a request of their own, which comes from nowhere.
    if has_request_context() and request.remote_addr:
        fields["address"] = request.remote_addr
    text = " ".join([event, *(f"{name}={_word(value)}" for name, value in fields.items())])
    log.info("%s", text)
    try:
        _path().parent.mkdir(mode=0o700, exist_ok=True)
        with open(_path(), "a", encoding="utf-8", opener=for_owner_only) as file:
            file.write(f"{clock.now():%Y-%m-%dT%H:%M:%SZ} {text}\n")
    except OSError as error:
        # A full disk must not lock anybody out; the line above is in the site's own log.
        log.warning("the security log cannot be written: %s", error)


def latest(count):
    """The last *count* events, a list, newest first; fewer if they do not fit into ``TAIL_BYTES``."""
    try:
        with _path().open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    # The first line may be cut off, and a crash may leave half a line: neither begins with a time.
    return [entry for line in reversed(lines[-count:]) if (entry := _read(line))]


def put_aside_when_large():
    """Start a new file when the current one is large, and keep one old file."""
    with suppress(FileNotFoundError):
        if _path().stat().st_size > LARGEST_BYTES:
            _path().replace(_path().with_suffix(".1.log"))


def _read(line):
    moment, _space, text = line.partition(" ")
    try:
        return Event(datetime.fromisoformat(moment), text)
    except ValueError:
        return None


def _word(value):
    """*value* as one word: quoted if necessary, so that it cannot look like another fact."""
    text = one_line(str(value))
    return text if text and text.isascii() and not set(text) & set(' ="') else json.dumps(text)


def _path():
    return data_dir() / "log" / "security.log"

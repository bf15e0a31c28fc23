"""
The security log for the administrator: one line for each sign-in, change, deletion and refusal.

A file, not a table: it also records GETs, such as downloads, and a GET writes nothing to the database. All
processes write it. A new one is begun when it is large, and one old file is kept; ``log_shares`` keeps people
from filling it.
"""

import json
import logging
import re
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from flask import has_request_context, request

from microblog.base import clock
from microblog.base.database import data_dir
from microblog.base.files import for_owner_only
from microblog.base.locks import locked
from microblog.base.logs import one_line
from microblog.security import log_shares

# Of each of the two files.
LARGEST_BYTES = 2 * 1024**2
# Who acts by a command: whoever has a shell on the server.
OPERATOR = "operator"
FACT = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)')
log = logging.getLogger(__name__)


class Event(NamedTuple):
    timestamp: datetime
    text: str

    @property
    def name(self):
        return self.text.partition(" ")[0]

    @property
    def facts(self):
        """A dictionary of texts by name."""
        return {name: _value(word) for name, word in FACT.findall(self.text)}


def record(event, user=None, by=None, **facts):
    """
    Write a line about *event*, with the name of *user*, *facts*, and the address of the request.

    *by* is the name of whoever acts for *user*, or on them; left out if it is their own.
    *facts* must hold no secret, and nothing that might be one: people type passwords into every field.
    """
    who = {"user": user.username} if user else {}
    actor = {"by": by} if by and by != who.get("user") else {}
    # Some commands make a request of their own, which comes from nowhere.
    origin = {"address": request.remote_addr} if has_request_context() and request.remote_addr else {}
    left, past = log_shares.take(event, who.get("user", ""), actor.get("by", ""))
    texts = [_text_of(each) for each in past]
    if left >= 0:
        texts.append(_text(event, who | facts | actor | origin))
    elif left == -1:
        texts.append(_text("leaving-out", {"event": event} | who | actor))
    _write(texts)


def latest(count, skip=0):
    """
    A list of *count* events, newest first, without the *skip* newest ones.

    The very first are those that tell what was left out today.
    """
    lines = _lines(".1.log") + _lines(".log")
    end = max(0, len(lines) - skip)
    # A crash may leave half a line, which does not begin with a time.
    events = [entry for line in reversed(lines[max(0, end - count) : end]) if (entry := _read(line))]
    if skip:
        return events
    return [Event(clock.now(), _text_of(each)) for each in reversed(log_shares.left_out())] + events


def _write(texts):
    for text in texts:
        log.info("%s", text)
    written = "".join(f"{clock.now():%Y-%m-%dT%H:%M:%SZ} {text}\n" for text in texts).encode()
    try:
        with locked(data_dir() / "run" / "security_log.lock"):
            _append(written)
    except OSError as error:
        # A full disk must not lock anybody out; the lines above are in the site's own log.
        log.warning("the security log cannot be written: %s", error)


def _append(written):
    path = _path(".log")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        if path.stat().st_size + len(written) > LARGEST_BYTES:
            path.replace(_path(".1.log"))
    with open(path, "ab", opener=for_owner_only) as file:
        file.write(written)


def _lines(ending):
    try:
        return _path(ending).read_bytes().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _text_of(left_out):
    """What is told of a ``LeftOut``, without the names that it lacks."""
    return _text("left-out", {name: value for name, value in left_out._asdict().items() if value})


def _text(event, facts):
    return " ".join([event, *(f"{name}={_word(value)}" for name, value in facts.items())])


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


def _value(word):
    """The text of which ``_word`` has made *word*; the word itself if a crash has left half of it."""
    try:
        return json.loads(word) if word.startswith('"') else word
    except ValueError:
        return word


def _path(ending):
    return data_dir() / "log" / f"security{ending}"

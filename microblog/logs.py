"""Log lines to standard output: text or JSON, each with the request or the task it belongs to."""

import json
import logging
import os
import re
import secrets
import sys
from contextlib import suppress

from flask import g, has_request_context, request

# Who may speak at DEBUG. Others are held at INFO: Peewee would tell each value that goes into the database,
# private messages and hashes of passwords among them.
DISCREET = ("microblog", "huey")
TEXT = "%(asctime)s %(levelname)s %(name)s [%(reference)s] %(message)s"
# Control characters, line breaks above all, and what turns the direction of writing around: what people
# send must not look like a line of its own, nor like another text than it is.
HARMFUL = (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
ESCAPED = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in HARMFUL}
ESCAPED |= {ord("\t"): "\t", ord("\n"): "\\n", ord("\r"): "\\r"}
# Tokens that open a door, where an address carries them: /auth/reset_password/…, ?invite=…, ?code=….
TOKEN = re.compile(r"(/reset_password/|/account/email/|[?&](?:invite|code|csrf_token)=)[^\s\"'&;?#/]+")


def init_app(app):
    """Log, and give each request a short id to be found by."""
    begin(app.config["SETTINGS"])

    @app.before_request
    def name_request():
        g.request_id = secrets.token_hex(4)


def begin(settings):
    """Log by ``LOG_FORMAT`` and ``LOG_LEVEL``, what the web server has to say as well."""
    handler = logging.StreamHandler(StandardOutput())
    handler.setFormatter(JSONFormatter() if settings.log_format == "json" else TextFormatter(TEXT))
    handler.addFilter(add_reference)
    root = logging.getLogger()
    for former in [handler for handler in root.handlers if is_ours(handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(max(logging.getLevelNamesMapping()[settings.log_level], logging.INFO))
    for name in DISCREET:
        logging.getLogger(name).setLevel(settings.log_level)
    # gunicorn keeps its lines to itself, in a form of its own: nobody would be mailed what breaks there.
    server = logging.getLogger("gunicorn.error")
    server.handlers.clear()
    server.propagate = True


def one_line(text):
    """*text* as it can stand in a line of the log: nothing in it breaks the line, and no token is told."""
    # A lone surrogate cannot be written at all.
    text = text.encode("utf-8", "backslashreplace").decode()
    return TOKEN.sub(r"\1…", text).translate(ESCAPED)


class StandardOutput:
    """Takes each line at once; a terminal or a pipe that was closed is no reason to stop."""

    def write(self, text):
        with suppress(OSError):
            os.write(sys.stdout.fileno(), text.encode("utf-8", "backslashreplace"))

    def flush(self):
        """Nothing is kept back."""


class TextFormatter(logging.Formatter):
    def format(self, record):
        # Another handler may have left the traceback there in its own form.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record):  # noqa: N802 - logging's name
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, exc_info):  # noqa: N802 - logging's name
        """Each line indented, so that none that an exception's text holds passes for an entry."""
        lines = super().formatException(exc_info).splitlines()
        return "\n".join(f"  {one_line(line)}" for line in lines)


class JSONFormatter(logging.Formatter):
    def format(self, record):
        entry = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "reference": record.reference,
            "message": TOKEN.sub(r"\1…", record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = TOKEN.sub(r"\1…", self.formatException(record.exc_info))
        return json.dumps(entry)


def add_reference(record):
    """The id of the request; elsewhere the name of the thread, which for jobs is the worker's."""
    if has_request_context() and "request_id" in g:
        record.reference = one_line(f"{g.request_id} {request.method} {request.path}")
    else:
        record.reference = record.threadName
    return True


def is_ours(handler):
    return isinstance(handler, logging.StreamHandler) and isinstance(
        handler.formatter, (TextFormatter, JSONFormatter)
    )

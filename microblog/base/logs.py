"""Log lines to standard output: text or JSON, each with the request or the task it belongs to."""

import json
import logging
import os
import re
import secrets
import sys
from contextlib import suppress
from typing import Any

from flask import Flask, g, has_request_context, request

from microblog.base import error_codes
from microblog.base.config import Settings

# Loggers that may log at DEBUG. Others stay at INFO: Peewee would log every value that goes into the
# database, including private messages and password hashes.
DISCREET = ("microblog", "huey")
# The web server tells who has hung up, and with each request of a burst that all of its threads are busy.
QUIET = {"waitress": logging.WARNING, "waitress.queue": logging.ERROR}
TEXT = "%(asctime)s %(levelname)s %(name)s [%(reference)s] %(message)s"
# Control characters, line breaks above all, and those that change the writing direction: what people send
# must not look like a log line of its own, nor like a different text.
HARMFUL = (*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
ESCAPED = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in HARMFUL}
ESCAPED |= {ord("\t"): "\t", ord("\n"): "\\n", ord("\r"): "\\r"}
# Secret tokens in URLs: /auth/reset_password/…, ?invite=…, ?code=….
TOKEN = re.compile(r"(/reset_password/|/account/email/|[?&](?:invite|code|csrf_token)=)[^\s\"'&;?#/]+")


def init_app(app: Flask) -> None:
    """Set up logging, and give each request a short id to find it by."""
    begin(app.config["SETTINGS"])

    @app.before_request
    def name_request() -> None:
        g.request_id = secrets.token_hex(4)


def begin(settings: Settings) -> None:
    """Log as ``LOG_FORMAT`` and ``LOG_LEVEL`` say, including what the web server logs."""
    handler = logging.StreamHandler(StandardOutput())
    handler.setFormatter(JSONFormatter() if settings.log_format == "json" else TextFormatter(TEXT))
    handler.addFilter(add_reference)
    handler.name = __name__
    root = logging.getLogger()
    for former in [former for former in root.handlers if former.name == __name__]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(max(logging.getLevelNamesMapping()[settings.log_level], logging.INFO))
    for name in DISCREET:
        logging.getLogger(name).setLevel(settings.log_level)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def log_failure(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log in *log* that *what* failed because of *error*: in one line for an outage, else with its trace."""
    if error_codes.is_outage(error):
        log.error("%s failed: %s", what, error)
    else:
        log.error("%s failed", what, exc_info=error)


def one_line(text: str) -> str:
    """*text* made safe for a line of the log: harmful characters are escaped, secret tokens removed."""
    # A lone surrogate cannot be encoded at all.
    text = text.encode("utf-8", "backslashreplace").decode()
    return TOKEN.sub(r"\1…", text).translate(ESCAPED)


class StandardOutput:
    """Writes each line at once; a closed terminal or pipe is no reason to stop."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            os.write(sys.stdout.fileno(), text.encode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        """Nothing is buffered."""


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have cached the traceback there in its own format.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = one_line(record.message)
        return super().formatMessage(record)

    def formatException(self, exc_info: Any) -> str:  # noqa: N802 - logging's name
        """Each line indented, so that no line of an exception's text can pass for a log entry."""
        lines = super().formatException(exc_info).splitlines()
        return "\n".join(f"  {one_line(line)}" for line in lines)


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "reference": vars(record)["reference"],
            "message": TOKEN.sub(r"\1…", record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = TOKEN.sub(r"\1…", self.formatException(record.exc_info))
        return json.dumps(entry)


def add_reference(record: logging.LogRecord) -> bool:
    """Set the request's id, method and path; elsewhere the thread's name, which for jobs is the worker's."""
    if has_request_context() and "request_id" in g:
        record.reference = one_line(f"{g.request_id} {request.method} {request.path}")
    else:
        record.reference = record.threadName
    return True

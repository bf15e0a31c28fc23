"""
Mails about errors to the administrators, from web server and consumer, through the mail table.

At most one for each kind of error in ten minutes. A thread with its own connection records it, apart from
any transaction of the request or job. A failure to record or send such a mail causes no other one.
"""

import hashlib
import logging
import threading
import traceback
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask, g, has_app_context

from microblog.base import clock, logs
from microblog.base.config import ROOT
from microblog.base.database import connected
from microblog.mail.mail import Mail
from microblog.mail.templates import MailText, mail_kind

# The kind of mail that must cause no other one if it fails.
ERROR = "error"
ONE_WITHIN = timedelta(minutes=10)
LONGEST_REPORT = 20_000
LONGEST_SUMMARY = 80

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Start to mail errors to ``ADMINS``; without any, nothing is mailed."""
    root = logging.getLogger()
    for former in [handler for handler in root.handlers if isinstance(handler, ErrorMailer)]:
        root.removeHandler(former)
    if app.config["ADMINS"]:
        root.addHandler(ErrorMailer(app))


class ErrorMailer(logging.Handler):
    def __init__(self, app: Flask):
        super().__init__(logging.ERROR)
        self.app = app
        self.last_at: dict[str, datetime] = {}
        self.addFilter(logs.add_reference)
        self.setFormatter(logs.TextFormatter(logs.TEXT))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            key = fingerprint(record)
            if not self._is_about_our_mails() and self._is_first_for_now(key):
                report = (key, record.getMessage(), self.format(record))
                threading.Thread(target=self._record, args=report, name="error mail").start()
        except Exception:
            # As all handlers do: to standard error, because logging is what has just failed.
            self.handleError(record)

    def _record(self, key: str, message: str, report: str) -> None:
        with self.app.app_context():
            g.keep_errors_from_mail = True
            try:
                with connected():
                    Mail.send_once(
                        ERROR,
                        self.app.config["ADMINS"],
                        span=ONE_WITHIN,
                        key=key,
                        what=logs.one_line(message)[:LONGEST_SUMMARY],
                        report=report[:LONGEST_REPORT],
                    )
            except Exception as error:
                # The next error of this kind may find the database in a better state.
                assert self.lock  # Every handler makes one.
                with self.lock:
                    self.last_at.pop(key, None)
                logs.log_failure(log, "writing a mail about an error", error)

    def _is_about_our_mails(self) -> bool:
        return has_app_context() and g.get("keep_errors_from_mail", False)

    def _is_first_for_now(self, key: str) -> bool:
        """Whether *key* is new to this process in these ten minutes; the table covers other processes."""
        now = clock.now()
        self.last_at = {met: at for met, at in self.last_at.items() if now - at < ONE_WITHIN}
        if key in self.last_at:
            return False
        self.last_at[key] = now
        return True


@mail_kind(ERROR, unconfirmed=True)
def error(mail: Mail) -> MailText:
    """To ``ADMINS``, whom the operator vouches for."""
    return MailText(mail.recipient, None, "Error: %(what)s", mail.arguments)


def fingerprint(record: logging.LogRecord) -> str:
    """
    A hash that is the same for two records of the same cause.

    It covers the line that logged the record, the line that raised the error and, if that is in a
    library, the last line of ours on the way there.
    """
    places = [f"{record.name}:{record.pathname}:{record.lineno}"]
    if record.exc_info and record.exc_info[1]:
        kind, _error, trace = record.exc_info
        frames = traceback.extract_tb(trace)
        ours = [frame for frame in frames if _is_ours(frame)]
        last = (*ours[-1:], *frames[-1:])
        places += [kind.__qualname__, *(f"{frame.filename}:{frame.lineno}" for frame in last)]
    return hashlib.sha256(" ".join(places).encode()).hexdigest()[:32]


def _is_ours(frame: traceback.FrameSummary) -> bool:
    path = Path(frame.filename)
    # The libraries may be installed in our folder as well.
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts

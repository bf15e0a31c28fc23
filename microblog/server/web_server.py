"""
The web server: it loads the app once, and forks processes that serve it: ``python -m microblog web``.

They accept from one socket. A process that is killed is replaced; one that ends by itself with an error ends
the web server, because another would do the same.
"""

import ctypes
import gc
import logging
import os
import signal
import sys
import tempfile
from contextlib import suppress

from microblog.base import logs
from microblog.base.files import make_folder
from microblog.base.i18n import site_languages
from microblog.ops import probes
from microblog.server.http_server import Server
from microblog.server.processes import wait_until

PORT_S = 5  # A former web server may need that long to end.
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # From glibc's malloc.h.
LARGE_BYTES = 1024**2
# New objects after which Python looks for garbage. With its own 700 it does so on every fourth page, among
# all that this page is made of, which takes a twentieth of the time of pages. These keep 0.1 MiB more.
LOOKED_FOR_AFTER = 5_000

log = logging.getLogger(__name__)


def run(settings, create_app):
    """Serve what ``create_app(settings)`` returns until a signal asks for the end. Returns the exit code."""
    logs.begin(settings)
    be_lean()
    try:
        wait_until(lambda: not probes.is_taken(settings), PORT_S)
        listener = probes.listen(settings)
        probes.leave_address(settings)
        app = create_app(settings)
    except Exception:
        log.exception("the web server cannot start")
        return 1
    # What is being received waits on the disk of the data, not in a small temporary folder.
    make_folder(settings.data_dir / "imports")
    tempfile.tempdir = str(settings.data_dir / "imports")
    share(app)
    return WebServer(app, listener).run(settings.web_concurrency)


def share(app):
    """
    Have the copies of this process keep *app*, and all that is loaded, once for all of them.

    Whatever writes to a part of it has it copied: looking for garbage would, in each of them.
    """
    site_languages.load(app)
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOKED_FOR_AFTER)


def be_lean():
    """
    Have the C library keep less memory than it would for programs whose threads run at once.

    Left to itself, glibc keeps the 19 MiB that hashing a password takes for each thread that ever did so, and
    a heap for each thread that none of the others can use.
    """
    with suppress(AttributeError):  # Others have no such habits.
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


class WebServer:
    """The processes that serve *app* on *listener*."""

    def __init__(self, app, listener):
        self.app = app
        self.listener = listener
        self.pids = set()
        self.stopping = False
        self.exit_code = 0

    def run(self, count):
        """Keep *count* processes running until a signal asks for the end. Returns the exit code."""
        for one in STOP_SIGNALS:
            signal.signal(one, self._stop)
        for _ in range(count):
            self._fork()
        while self.pids:
            pid, status = os.wait()
            if pid in self.pids:  # In a container, orphans of others are ours as well.
                self.pids.remove(pid)
                self._replace(os.waitstatus_to_exitcode(status))
        return self.exit_code

    def _fork(self):
        # No stop comes in between: it would miss a process that is not known yet, or has no handler yet.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        if not self.stopping:
            pid = os.fork()
            if pid == 0:
                sys.exit(self._serve())
            self.pids.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _serve(self):
        server = Server(self.app, self.listener)
        for one in STOP_SIGNALS:
            signal.signal(one, server.stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        server.run()

    def _replace(self, code):
        if self.stopping:
            return
        if code > 0:
            log.error("a web process ended with exit code %d, so the web server ends", code)
            self.exit_code = code
            self._stop()
            return
        log.warning(
            "a web process died (%s), starting another", signal.Signals(-code).name if code else "exit 0"
        )
        self._fork()

    def _stop(self, *_signal):
        self.stopping = True
        self.listener.close()
        for pid in self.pids:
            with suppress(ProcessLookupError):  # It was waited for this moment.
                os.kill(pid, signal.SIGTERM)

"""
A process that is a copy of this one, with all that it has loaded, instead of a new one that loads it again.

What none of them writes to, the system keeps once for all. Nothing may be open here that a copy must
not share, such as a connection, and no other thread may run.
"""

import ctypes
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path

ASKED_BY = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
# Of the fields behind the name in /proc/PID/stat: where the command line begins and ends in memory.
COMMAND_LINE = slice(45, 47)
STDERR = 2


class Forked:
    """A running copy; has what the supervisor needs of ``subprocess.Popen``."""

    def __init__(self, main, words, streams, prepare):
        """
        Fork a process that calls *prepare*, then *main*.

        The system shows *words* as its command line; *streams* are open files for its standard input, output
        and error, None for those of this process.
        """
        self.returncode = None
        # Until the copy has handlers of its own, those of this process would swallow a signal.
        former = signal.pthread_sigmask(signal.SIG_BLOCK, ASKED_BY)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _be(lambda: _begin(words, streams, prepare, former) or main())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)

    def poll(self):
        """Its exit code, negative for a signal; None while it runs."""
        return self._wait(os.WNOHANG)

    def wait(self):
        """Wait for its end, and return the exit code."""
        return self._wait(0)

    def _wait(self, options):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _be(main):
    """Run *main*, and end the process whatever becomes of it: what called this belongs to the original."""
    code = 1
    try:
        code = main() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        with suppress(OSError):
            os.write(STDERR, traceback.format_exc().encode(errors="replace"))
    finally:
        for thread in threading.enumerate():  # As Python itself does at its end.
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        with suppress(OSError, AttributeError):  # A program that was started without them has none.
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _begin(words, streams, prepare, mask):
    os.setsid()
    prepare()
    for number, stream in enumerate(streams):
        if stream is not None:
            os.dup2(stream.fileno(), number)
    for one in ASKED_BY:
        if signal.getsignal(one) != signal.SIG_IGN:
            signal.signal(one, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    _show_as(words)


def _show_as(words):
    """Overwrite the command line that Linux shows, as far as there is room."""
    with suppress(FileNotFoundError):
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        begin, end = map(int, fields[COMMAND_LINE])
        text = "\0".join(words).encode()[: end - begin - 1]
        ctypes.memmove(begin, text.ljust(end - begin, b"\0"), end - begin)

"""Consumers forked from a process that has loaded the app already: loading it takes as long as most tests."""

import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing import forkserver

from huey.bin.huey_consumer import consumer_main

from microblog.base.config import ROOT

CONTEXT = multiprocessing.get_context("forkserver")
# Code without any app, settings or connection: these are each consumer's own.
CONTEXT.set_forkserver_preload(["huey.bin.huey_consumer", "microblog.factory"])


def server():
    """The process id of the process that all consumers are forked from; None before the first."""
    return forkserver._forkserver._forkserver_pid


class Consumer:
    """The process of a consumer; has what tests need of ``subprocess.Popen``."""

    def __init__(self, arguments, environment, log):
        self.arguments = arguments
        self._process = CONTEXT.Process(target=_consume, args=(arguments, environment, log), daemon=True)
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.arguments, timeout)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)


def _consume(arguments, environment, log):
    """Become what the command line would have started."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    sys.argv[:] = arguments
    sys.path.insert(0, str(ROOT))
    consumer_main()

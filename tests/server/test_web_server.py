"""The web server's processes: they are real, and serve nothing."""

import signal
import socket
import subprocess
import sys

import pytest

from microblog.base.config import ROOT
from tests.server.conftest import SOON_S

SERVE = """
import os, signal, sys, time
from types import SimpleNamespace
from microblog.base.config import Settings
from microblog.server import web_server

class Server:
    stopped = False
    def __init__(self, app, listener):
        pass
    def stop(self, *_signal):
        self.stopped = True
    def run(self):
        %s

web_server.Server, web_server.PORT_S = Server, 0.1
app = SimpleNamespace(config={"SITE_LANGUAGES": ["en"]})
sys.exit(web_server.run(Settings(port=int(sys.argv[1])), lambda settings: app))
"""

# How many MiB more a process has after each of its threads has hashed a password.
HASH = """
        from pathlib import Path
        from threading import Thread
        from microblog.security.passwords import hash_password
        from microblog.server.http_server import THREADS

        def memory():
            return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2

        before = memory()
        threads = [Thread(target=hash_password, args=["a password"]) for _ in range(THREADS)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("grown by", memory() - before, flush=True)
        sys.exit(3)
"""


@pytest.fixture
def serve():
    """A function that starts a web server on *port* whose processes run *code*."""
    started = []

    def serve(code, port=0):
        command = [sys.executable, "-c", SERVE % code, str(port)]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield serve
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_process_that_ends_with_an_error_ends_the_web_server(serve):
    server = serve("print('serving', flush=True); sys.exit(3)")

    output, _ = server.communicate(timeout=SOON_S)

    assert server.returncode == 3
    assert "a web process ended with exit code 3" in output
    assert output.count("serving") <= 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_midst_of_the_start_ends_it(serve, how):
    """The first process asks for the end, maybe before there is a second one."""
    server = serve(f"os.kill(os.getppid(), {how:d})\n        while not self.stopped: time.sleep(0.01)")

    server.communicate(timeout=SOON_S)

    assert server.returncode == 0


def test_a_process_that_is_killed_again_and_again_is_replaced_each_time(serve):
    server = serve("print('serving', flush=True); os.kill(os.getpid(), signal.SIGKILL)")

    lines = [server.stdout.readline() for _ in range(20)]

    assert sum("a web process died (SIGKILL), starting another" in line for line in lines) > 5
    server.terminate()
    server.communicate(timeout=SOON_S)
    assert server.returncode == 0


def test_a_taken_port_is_told(serve):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = serve("pass", taken.getsockname()[1])

        output, _ = server.communicate(timeout=SOON_S)

    assert server.returncode == 1
    assert "Address already in use" in output


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_that_hashing_passwords_takes_is_given_back(serve):
    output, _ = serve(HASH).communicate(timeout=SOON_S)

    grown = [float(line.split()[-1]) for line in output.splitlines() if line.startswith("grown")]
    assert grown
    assert max(grown) < 15, "less than a single hash takes"

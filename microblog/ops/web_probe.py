"""Where the web server can be reached from this machine, and what it answers there."""

from contextlib import closing
from http.client import HTTPConnection


def leave_address(settings):
    """Record where the site listens, for commands that are started without its PORT."""
    _address_file(settings).write_text(settings.address)


def reachable_address(settings):
    """Where the site can be reached from this machine, as ``host:port``."""
    left = _address_file(settings)
    where = left.read_text() if left.exists() else settings.address
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

"""Asking the queue server and the web server how they are: without retries, and never for long."""

import errno
import socket
from contextlib import closing
from http.client import HTTPConnection

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from microblog.base.files import atomic_write


def queue_client(url, timeout_s=2):
    """A client of the queue server at *url*, for a question or two."""
    retry = Retry(NoBackoff(), 0)
    return Redis.from_url(url, retry=retry, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)


def queue_product(client):
    """Name and version of the server that *client* asks: ``("Valkey", "9.1.2")``."""
    facts = client.info("server")
    if "valkey_version" in facts:
        return "Valkey", facts["valkey_version"]
    return "Redis", facts["redis_version"]


def is_taken(settings):
    """Whether another process listens on the web server's address."""
    error = listening_error(settings)
    return bool(error) and error.errno == errno.EADDRINUSE


def listening_error(settings):
    """The error that the web server would get if it listened on its address now, None if it could."""
    try:
        listen(settings).close()
    except OSError as error:
        return error
    return None


def listen(settings):
    """
    A new socket that listens on the web server's address.

    Raises:
        OSError: it cannot.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def leave_address(settings):
    """Record where the web server listens, for commands and workers that are started with another PORT."""
    settings.address_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # If it is there already, a full disk keeps no site from starting.
    if not (settings.address_file.exists() and settings.listening_address == settings.address):
        with atomic_write(settings.address_file) as file:
            file.write(settings.address)


def reachable_address(settings):
    """Where the site can be reached from this machine, as ``host:port``."""
    return settings.listening_address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")  # noqa: S104


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

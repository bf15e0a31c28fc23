"""Asking the queue server how it is: without retries, and never for long."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

OLDEST_VERSION = 5  # Of Redis; Valkey began with 7.
TIMEOUT_S = 2


def client(url, timeout_s=TIMEOUT_S):
    """A client of the server at *url*, for a question or two."""
    options = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **options)


def product(facts):
    """Name and version of the server that answered *facts* to INFO: ``("Valkey", "9.1.2")``."""
    if "valkey_version" in facts:
        return "Valkey", facts["valkey_version"]
    return "Redis", facts["redis_version"]


def major(version):
    """The first number of *version*; 0 if there is none."""
    number = version.partition(".")[0]
    return int(number) if number.isdigit() else 0

"""The command lines of all processes but the queue server, for the supervisor and for single parts."""

import sys


def web_server():
    """The command line of the web server."""
    return [sys.executable, "-m", "microblog", "web"]


def consumer(settings):
    """The command line of the consumer; SIGTERM is a graceful stop only with ``-g TERM``."""
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "consumer.huey", "-k", "thread"]
    return [*command, "-w", str(settings.workers), "-g", "TERM", "-t", "12", "-m", "1"]


def environment(settings):
    """Environment variables that override those which the processes inherit, and a changed ``.env``."""
    # A relative path would mean another folder there; on another port nobody would look for the site.
    return {"DATA_DIR": str(settings.data_dir), "HOST": settings.host, "PORT": str(settings.port)}

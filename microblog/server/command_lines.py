"""What is started beside the queue server, by the supervisor or as a part alone, as command lines."""

import os
import sys

from microblog.instance import address


def web_server(settings):
    """The command line of the web server."""
    # gunicorn's workers show that they live by touching a file: memory is a better place than a busy disk.
    heartbeats = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(settings.data_dir / "run")  # noqa: S108
    command = [sys.executable, "-m", "gunicorn", "microblog:create_app()", "--worker-class", "gthread"]
    command += ["--workers", str(settings.web_concurrency), "--threads", "8", "--no-control-socket"]
    # Whom to believe about addresses and schemes is decided in one place, by TRUSTED_PROXIES.
    command += ["--forwarded-allow-ips", ""]
    command += ["--bind", address(settings), "--worker-tmp-dir", heartbeats]
    return [*command, "--graceful-timeout", "8", "--log-level", "warning"]


def consumer(settings):
    """The command line of the consumer; only with ``-g TERM`` is SIGTERM a graceful end."""
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "consumer.huey", "-k", "thread"]
    return [*command, "-w", str(settings.workers), "-g", "TERM", "-t", "12", "-m", "1"]


def environment(settings):
    """What each of them finds in its environment, whatever else is there."""
    # A relative folder would mean another one there; gunicorn reads its variable too, and trips if empty.
    return {"DATA_DIR": str(settings.data_dir), "WEB_CONCURRENCY": str(settings.web_concurrency)}


def flask(*arguments):
    """The command line of one of our commands."""
    return [sys.executable, "-m", "flask", "--app", "microblog", *arguments]

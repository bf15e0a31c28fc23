"""The command lines of all processes but the queue server, for the supervisor and for single parts."""

import os
import sys


def web_server(settings):
    """The command line of the web server."""
    # gunicorn's workers touch a file as a heartbeat: in memory a busy disk cannot delay it.
    heartbeats = "/dev/shm" if os.access("/dev/shm", os.W_OK) else str(settings.data_dir / "run")  # noqa: S108
    command = [sys.executable, "-m", "gunicorn", "microblog:create_app()", "--worker-class", "gthread"]
    command += ["--workers", str(settings.web_concurrency), "--threads", "8", "--no-control-socket"]
    # Which proxies to trust is decided in one place, by TRUSTED_PROXIES.
    command += ["--forwarded-allow-ips", ""]
    command += ["--bind", settings.address, "--worker-tmp-dir", heartbeats]
    return [*command, "--graceful-timeout", "8", "--log-level", "warning"]


def consumer(settings):
    """The command line of the consumer; SIGTERM is a graceful stop only with ``-g TERM``."""
    command = [sys.executable, "-m", "huey.bin.huey_consumer", "consumer.huey", "-k", "thread"]
    return [*command, "-w", str(settings.workers), "-g", "TERM", "-t", "12", "-m", "1"]


def environment(settings):
    """Environment variables that override those which the processes inherit."""
    # A relative path would mean another folder there; gunicorn fails if WEB_CONCURRENCY is empty.
    return {"DATA_DIR": str(settings.data_dir), "WEB_CONCURRENCY": str(settings.web_concurrency)}


def flask(*arguments):
    """The command line of one of our commands."""
    return [sys.executable, "-m", "flask", "--app", "microblog", *arguments]

import dataclasses
import subprocess
from contextlib import suppress

import pytest
from peewee import DatabaseError

from microblog.base.database import db
from microblog.ops import doctor
from microblog.server import queue_server
from tests.end_to_end.running_site import wait_until


@pytest.fixture
def run(app):
    """A function that runs one of the operator's commands and returns its result."""

    def invoke(*words, stdin=None):
        # A command begins as a process of its own does: without a connection.
        db.close()
        try:
            return app.test_cli_runner().invoke(args=[str(word) for word in words], input=stdin)
        finally:
            with suppress(DatabaseError):
                db.connect(reuse_if_open=True)

    return invoke


@pytest.fixture
def examine(app, monkeypatch):
    """A function that examines the site and returns the finding of each part."""

    def examine(**changed):
        examined = dataclasses.replace(app.config["SETTINGS"], **changed)
        monkeypatch.setitem(app.config, "SETTINGS", examined)
        with app.app_context():
            return {finding.part: finding for finding in doctor.examine()}

    return examine


@pytest.fixture
def queue(settings):
    """A function that starts a real queue server with further options, and returns its address."""
    servers = []
    (settings.data_dir / "queue").mkdir()

    def start():
        socket = settings.data_dir / f"queue{len(servers)}.sock"
        command = queue_server.command(settings, socket)
        servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        url = queue_server.url_of(socket)
        wait_until(lambda: queue_server.answers(url))
        return url

    yield start
    for server in servers:
        server.kill()
        server.wait()

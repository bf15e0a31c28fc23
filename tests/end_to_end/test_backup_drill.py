"""The drill: people write, a backup is made, everything is destroyed, the backup is put back."""

import base64
import json
import shutil
import subprocess
import sys
import threading
import urllib.request

import pytest
from peewee import sqlite3

from tests.conftest import PASSWORD
from tests.end_to_end.running_site import PATIENCE_S, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site", RATE_LIMITS="off") as site:
        yield site


class Writer(threading.Thread):
    """Writes posts by the site's own door until told to stop, and remembers those that were acknowledged."""

    def __init__(self, site, token):
        super().__init__()
        self.site, self.token = site, token
        self.acknowledged = []
        self.stop = threading.Event()

    def run(self):
        # Not as fast as it can: the backup is made by the same processors.
        while not self.stop.wait(0.02):
            body = f"post {len(self.acknowledged)} of {self.name}"
            if self.post("/api/posts", {"body": body}) == 201:
                self.acknowledged.append(body)

    def post(self, path, body):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.site.url + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status


def make_token(site):
    """A token of susan, who is made here."""
    site.flask("create-user", "susan", "susan@example.org", "--password-stdin", input=f"{PASSWORD}\n")
    basic = base64.b64encode(f"susan:{PASSWORD}".encode()).decode()
    request = urllib.request.Request(f"{site.url}/api/tokens", b"", {"Authorization": f"Basic {basic}"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        return json.load(response)["token"]


def test_every_acknowledged_post_of_before_is_there_after_the_restore(site, tmp_path):
    site.ready()
    token = make_token(site)
    writers = [Writer(site, token) for _ in range(3)]
    for writer in writers:
        writer.start()
    wait_until(lambda: all(len(writer.acknowledged) >= 20 for writer in writers), site.output)

    before = [body for writer in writers for body in list(writer.acknowledged)]
    path = site.flask("backup").strip()
    for writer in writers:
        writer.stop.set()
        writer.join()
    kept = shutil.copy(path, tmp_path)
    site.process.terminate()
    site.exit_code()
    shutil.rmtree(site.data_dir)

    assert "restored" in site.flask("restore", kept)

    database = sqlite3.connect(site.data_dir / "microblog.db")
    there = {body for (body,) in database.execute("SELECT body FROM post")}
    assert set(before) <= there
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM session").fetchone() == (0,)
    database.close()
    site.ready()
    assert site.get("/readyz") == 200


def test_a_running_site_cannot_be_restored(site):
    site.ready()
    path = site.flask("backup").strip()

    with pytest.raises(subprocess.CalledProcessError):
        site.flask("restore", path, stderr=subprocess.DEVNULL)

    assert site.get("/readyz") == 200
    assert not (site.data_dir / "before-restore").exists()

"""A data folder without any space left: what was accepted waits until there is some again."""

import os
import signal
import sys

import pytest
from peewee import OperationalError

from microblog.models import Post
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.running_site import RunningSite, wait_until
from tests.end_to_end.small_disk import small_disk
from tests.end_to_end.world import fill


@pytest.fixture
def settings(settings):
    """The site of before with its data folder on a disk of 8 MiB."""
    with small_disk(settings.data_dir, "8m"):
        yield settings


def test_the_database_disk_is_full(world, susan, sign_in, logged_errors):
    fill(susan, 40)
    browser = sign_in(susan)
    task = world.export(susan)
    ballast = world.settings.data_dir / "ballast"
    take_all_space(ballast)

    response = browser.post_form("/", post="typed with care")
    assert response.status_code == 503
    assert b"typed with care" in response.data
    assert "disk is full" in logged_errors.pop()
    world.start_consumer()
    world.wait_for(lambda: "full" in world.log_text())
    assert Task.get_by_id(task.id).state != SUCCEEDED

    ballast.unlink()
    world.settle()
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert Post.select().count() == 40


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@linux_only
def test_a_death_while_the_disk_is_full_does_not_take_the_rest_along(tmp_path):
    with small_disk(tmp_path / "site", "24m"), RunningSite(tmp_path / "site") as site:
        site.ready()
        ballast = site.data_dir / "ballast"
        fill_up(ballast)

        killed = site.find("huey_consumer")
        os.kill(killed, signal.SIGKILL)

        started = "background worker died (SIGKILL), starting it again"
        wait_until(lambda: site.said(started), site.output)
        wait_until(lambda: site.find("huey_consumer") not in (None, killed), site.output)
        assert "Traceback" not in site.output()
        ballast.unlink()
        wait_until(lambda: site.get("/readyz") == 200, site.output)
        assert not site.ended


@linux_only
def test_a_start_on_a_full_disk_says_so_in_one_line(tmp_path):
    with small_disk(tmp_path / "site", "64k"), RunningSite(tmp_path / "site") as site:
        fill_up(site.data_dir / "ballast")

        site.start()

        assert site.exit_code() == 1
        assert site.output().splitlines()[-1].startswith("microblog: No space left on device")
        assert "Traceback" not in site.output()


def fill_up(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass


def take_all_space(path):
    fill_up(path)
    with pytest.raises(OperationalError, match="full"):
        rewrite_for_ever()


def rewrite_for_ever():
    while True:
        Post.update(language="en").execute()

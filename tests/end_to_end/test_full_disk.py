"""A data folder without any space left: what was accepted waits until there is some again."""

import pytest
from peewee import OperationalError

from microblog.models import Post, Task
from microblog.models.states import SUCCEEDED
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

    answer = browser.post_form("/", post="typed with care")
    assert answer.status_code == 503
    assert b"typed with care" in answer.data
    assert "disk is full" in logged_errors.pop()
    world.start_consumer()
    world.wait_for(lambda: "full" in world.log_text())
    assert Task.get_by_id(task.id).state != SUCCEEDED

    ballast.unlink()
    world.settle()
    assert Task.get_by_id(task.id).state == SUCCEEDED
    assert Post.select().count() == 40


def take_all_space(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    with pytest.raises(OperationalError, match="full"):
        rewrite_for_ever()


def rewrite_for_ever():
    while True:
        Post.update(language="en").execute()

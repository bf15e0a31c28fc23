"""A full disk, a locked database, people who leave and posts that come and go."""

import json
import subprocess
import sys

from microblog.base.database import db
from microblog.models import Post
from microblog.tasks.states import CANCELLED, FAILED, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.small_disk import small_disk
from tests.end_to_end.world import HOLD_THE_LOCK, fill

SLOW = {"EXPORT_DELAY_S": "0.02"}


def test_database_locked_for_four_seconds(world, susan):
    fill(susan, 10)
    world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 5)
    path = world.settings.data_dir / "microblog.db"
    with subprocess.Popen([sys.executable, "-c", HOLD_THE_LOCK, path], stdout=subprocess.PIPE) as locker:
        assert locker.stdout.readline() == b"locked\n"
    assert locker.returncode == 0

    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts) == (SUCCEEDED, 1)


def test_the_export_disk_is_full(world, susan, john):
    fill(susan, 40_000)
    fill(john, 3)
    exports = world.settings.data_dir / "exports"
    with small_disk(exports, "64k"):
        world.start_consumer()
        task = world.export(susan)
        world.wait_for(lambda: not world.unfinished())

        row = Task.get_by_id(task.id)
        assert (row.state, row.error) == (FAILED, "The server is out of space. Tell the administrator.")
        # What it had written is gone: there is room for a smaller one.
        other = world.export(john)
        world.wait_for(lambda: not world.unfinished())
        assert {path.name for path in exports.iterdir()} == {f"{other.id}.json", f"{other.id}.zip"}
        world.settle()


def test_the_user_is_deleted_in_mid_export(world, susan):
    fill(susan, 300)
    world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 5)

    susan.delete_instance()
    world.wait_for(lambda: "is not ours any more" in world.log.read_text())

    world.settle()
    assert Task.for_user(susan).count() == 0
    assert list((world.settings.data_dir / "exports").iterdir()) == []
    assert world.postbox.mails == []


def test_a_running_export_is_cancelled_within_a_batch(world, susan):
    fill(susan, 300)
    world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 5)

    Task.get_by_id(task.id).cancel()
    world.settle()

    row = Task.get_by_id(task.id)
    assert row.state == CANCELLED
    assert row.done < 300
    assert list((world.settings.data_dir / "exports").iterdir()) == []
    assert world.postbox.mails == []


def test_posts_come_and_go_meanwhile(world, susan):
    fill(susan, 60)
    world.start_consumer(**SLOW)
    task = world.export(susan)
    world.wait_for_step(task, 5)

    Post.create(author=susan, body="meanwhile")
    Post.delete().where(Post.body == "post 59").execute()
    world.settle()

    bodies = [post["body"] for post in json.loads(task.file.read_text())["posts"]]
    assert bodies == [f"post {number}" for number in range(60)]


def test_progress_is_written_while_posts_are_read_and_the_web_process_writes(world, susan):
    fill(susan, 60)
    world.start_consumer(**SLOW)
    task = world.export(susan)

    written = 0
    while not Task.get_by_id(task.id).complete:
        with db.atomic():
            Post.update(language="en").where(Post.body == "post 7").execute()
        written += 1

    world.settle()
    row = Task.get_by_id(task.id)
    assert (row.state, row.attempts) == (SUCCEEDED, 1)
    assert written > 10
    assert "locked" not in world.log.read_text()

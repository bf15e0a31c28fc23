"""Imports and deletions whose consumer is killed in each phase, or stopped, or whose queue is emptied."""

import signal

import pytest

from microblog.base.database import db
from microblog.base.error_codes import OUT_OF_SPACE
from microblog.exports import deletion
from microblog.imports import import_row, requests
from microblog.imports.import_row import BROUGHT, PREVIEW, UNDONE, Import
from microblog.models import FormerPost, Post
from microblog.tasks.states import FAILED, SUCCEEDED
from microblog.tasks.task import Task
from tests import import_files as files
from tests.end_to_end.small_disk import small_disk
from tests.end_to_end.world import World, fill

POSTS = 3000
# Three batches.
FILE = {"posts": [{"body": f"post {n}", "timestamp": f"20{n % 20:02}-01-01T00:00:00Z"} for n in range(POSTS)]}
PLACES = {
    "DIES_AT": ["sorted_records.make", "jobs.count", "posts.write", "profiles.bring", "posts.remove_some"],
    "DIES_AFTER": ["sorted_records.make", "posts.write", "posts.remove_some", "profiles.put_back"],
}


DELETING = {
    "DIES_AT": ["archive.parts.write", "archive.read_back", "deletion._delete"],
    "DIES_AFTER": ["write_files", "archive.read_back", "deletion.Post.delete_by"],
}


def look(user):
    import_row.folder().mkdir(exist_ok=True)
    path = import_row.folder() / "a.upload"
    path.write_bytes(files.as_bytes(FILE))
    row = requests.look(user, "posts.json", path)
    path.unlink()
    return row


def fresh(row):
    return Import.of(row.user).where(Import.id == row.id).get()


def state(row):
    return fresh(row).state


def come_to(world, row, wanted, died=lambda: False):
    """Go on with the import until it is *wanted* or the consumer *died*; return whether it is."""
    for reached, ask in ((PREVIEW, lambda row: requests.confirm(row, {})), (BROUGHT, requests.undo)):
        world.wait_for(
            lambda reached=reached: died() or state(row) in (reached, wanted) or passed(row, reached)
        )
        if died() or state(row) == wanted:
            return state(row) == wanted
        if state(row) == reached:
            ask(fresh(row))
    world.wait_for(lambda: died() or state(row) == wanted)
    return state(row) == wanted


def passed(row, reached):
    return reached == PREVIEW and Import.get_by_id(row.id).confirmed_at is not None


@pytest.mark.parametrize(
    ("way", "place"), [(way, place) for way, places in PLACES.items() for place in places]
)
def test_a_consumer_killed_anywhere_costs_no_post_and_leaves_none(world, susan, way, place):
    dying = world.start_consumer(**{way: f"microblog.imports.{place}"})
    row = look(susan)
    assert not come_to(world, row, UNDONE, died=lambda: dying.poll() is not None)

    world.start_consumer()
    if "remove" not in place and "put_back" not in place:
        assert come_to(world, row, BROUGHT)
        assert Post.select().count() == POSTS
    assert come_to(world, row, UNDONE)

    assert (Post.select().count(), FormerPost.select().count()) == (0, 0)
    assert db.execute_sql("SELECT count(*) FROM post_index WHERE post_index MATCH 'post'").fetchone() == (0,)
    world.settle()


@pytest.mark.parametrize(
    ("way", "place"), [(way, place) for way, places in DELETING.items() for place in places]
)
def test_a_consumer_killed_while_it_deletes_costs_no_post(world, susan, way, place):
    fill(susan, POSTS)
    before = list(Post.select(Post.id, Post.body).order_by(Post.id).tuples())
    dying = world.start_consumer(**{way: f"microblog.exports.{place}"})
    task = deletion.request(susan, by="a test")
    world.wait_for(lambda: dying.poll() is not None)

    world.start_consumer()
    world.wait_for(lambda: not world.unfinished())
    assert (Task.get_by_id(task.id).state, Post.select().count()) == (SUCCEEDED, 0)
    row = requests.bring_back(Task.get_by_id(task.id))
    world.wait_for(lambda: state(row) == BROUGHT)

    assert list(Post.select(Post.id, Post.body).order_by(Post.id).tuples()) == before
    world.settle()


def stop(world):
    stopped = world.consumers[-1]
    stopped.send_signal(signal.SIGTERM)
    stopped.wait()
    world.start_consumer()


def lose_queue(world):
    world.kill_queue()
    world.start_queue()


@pytest.mark.parametrize("strike", [stop, World.empty_queue, lose_queue])
def test_a_stop_or_a_queue_that_is_emptied_or_gone_costs_no_post_in_any_phase(world, susan, strike):
    world.start_consumer()
    row = look(susan)
    for asked, wanted, posts in (
        (None, PREVIEW, 0),
        (lambda row: requests.confirm(row, {}), BROUGHT, POSTS),
        (requests.undo, UNDONE, 0),
    ):
        if asked:
            asked(fresh(row))
        strike(world)
        world.wait_for(lambda wanted=wanted: state(row) == wanted)
        assert Post.select().count() == posts
    fill(susan, POSTS)
    task = deletion.request(susan, by="a test")
    strike(world)
    world.wait_for(lambda: not world.unfinished())
    assert (Task.get_by_id(task.id).state, Post.select().count()) == (SUCCEEDED, 0)
    row = requests.bring_back(Task.get_by_id(task.id))
    strike(world)
    world.wait_for(lambda: state(row) == BROUGHT)
    assert Post.select().count() == POSTS
    world.settle()


def test_a_disk_that_is_full_ends_each_phase_truthfully(world, susan):
    fill(susan, 20_000)
    folder = world.settings.data_dir
    with small_disk(folder / "exports", "64k"), small_disk(folder / "imports", "300k"):
        world.start_consumer()
        task, row = deletion.request(susan, by="a test"), look(susan)
        world.wait_for(lambda: not world.unfinished())

        for ended in (Task.get_by_id(task.id), fresh(row).task):
            assert (ended.state, ended.error) == (FAILED, OUT_OF_SPACE)
        assert Post.select().count() == 20_000
        assert list((folder / "exports").iterdir()) == []
        assert [path.suffix for path in (folder / "imports").iterdir()] == [".upload"]
        world.settle()

"""Imports and deletions whose consumer is killed in each phase, or stopped, or whose queue is emptied."""

import signal

import pytest

from microblog.base.database import db
from microblog.exports import deletion
from microblog.imports import import_row, requests
from microblog.imports.import_row import BROUGHT, PREVIEW, UNDONE, Import
from microblog.models import FormerPost, Post
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from tests import import_files as files
from tests.end_to_end.world import fill

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


def state(row):
    return Import.of(row.user).where(Import.id == row.id).get().state


def come_to(world, row, wanted, died=lambda: False):
    """Go on with the import until it is *wanted* or the consumer *died*; return whether it is."""
    for reached, ask in ((PREVIEW, lambda row: requests.confirm(row, {})), (BROUGHT, requests.undo)):
        world.wait_for(
            lambda reached=reached: died() or state(row) in (reached, wanted) or passed(row, reached)
        )
        if died() or state(row) == wanted:
            return state(row) == wanted
        if state(row) == reached:
            ask(Import.of(row.user).where(Import.id == row.id).get())
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


@pytest.mark.parametrize("fault", ["stopped", "queue emptied", "queue gone"])
def test_a_stop_or_a_queue_that_is_emptied_or_gone_costs_no_post(world, susan, fault):
    first = world.start_consumer()
    row = look(susan)
    world.wait_for(lambda: state(row) == PREVIEW)
    requests.confirm(Import.get_by_id(row.id), {})
    if fault == "stopped":
        first.send_signal(signal.SIGTERM)
        first.wait()
        world.start_consumer()
    elif fault == "queue emptied":
        world.empty_queue()
    else:
        world.kill_queue()
        world.start_queue()

    assert come_to(world, row, BROUGHT)
    assert Post.select().count() == POSTS
    world.settle()

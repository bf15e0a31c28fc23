from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from peewee import IntegrityError

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.base.database import connected
from microblog.models import FormerPost, Post
from microblog.models.post_id import EARLIEST, LATEST, free_id
from tests.posts import write_at


@pytest.fixture
def at(monkeypatch):
    """A function that sets the clock to *moment*."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def ids(susan):
    """A function that writes posts and returns their ids."""
    return lambda count=1: [Post.create(author=susan, body="x").id for _ in range(count)]


NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
NOON_ID = 1_795_348_800_123_456


def test_an_id_is_the_microsecond_of_its_post(at, ids):
    at(NOON)

    assert ids() == [NOON_ID]
    assert Post.get().timestamp == NOON


def test_posts_of_one_microsecond_have_ids_one_after_the_other(at, ids):
    at(NOON)

    assert ids(3) == [NOON_ID, NOON_ID + 1, NOON_ID + 2]


def test_a_clock_that_is_set_back_a_bit_sorts_no_post_below_an_older_one(at, ids):
    at(NOON)
    ids()
    at(NOON - timedelta(minutes=59))

    assert ids(2) == [NOON_ID + 1, NOON_ID + 2]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_clock_that_was_far_ahead_drags_no_later_post_along(at, ids, is_deleted):
    at(NOON + timedelta(days=365))
    ids()
    if is_deleted:
        Post.get().delete_instance()
    at(NOON)

    assert ids(2) == [NOON_ID, NOON_ID + 1]


def test_an_id_of_a_clock_that_was_ahead_is_passed_when_its_time_has_come(at, ids):
    at(NOON + timedelta(hours=2))
    ids(2)
    at(NOON)
    ids()
    at(NOON + timedelta(hours=2))

    assert ids() == [in_microseconds(NOON + timedelta(hours=2)) + 2]


def test_a_machine_without_a_clock_can_write(at, ids):
    at(datetime(1970, 1, 1, tzinfo=UTC))

    assert ids(2) == [EARLIEST, EARLIEST + 1]


@pytest.mark.parametrize("post_id", [0, 1, EARLIEST - 1, LATEST + 1])
def test_the_database_refuses_an_id_that_is_no_time(susan, post_id):
    with pytest.raises(IntegrityError):
        Post.insert(id=post_id, author=susan, body="x").execute()


def test_the_last_id_is_a_time_like_any(susan):
    assert write_at(clock.from_microseconds(LATEST), susan, "x").timestamp.year == 2255


def test_the_id_of_a_deleted_post_is_never_given_to_another(at, ids):
    at(NOON)
    [first] = ids()
    Post.get().delete_instance()

    assert ids() == [first + 1]


def test_only_its_author_may_put_a_deleted_post_back(susan, john):
    post = write_at(NOON, susan, "x")
    assert free_id(post.id, susan.id) == NOON_ID + 1
    post.delete_instance()

    assert free_id(NOON_ID, susan.id) == NOON_ID
    assert free_id(NOON_ID, john.id) == free_id(NOON_ID) == NOON_ID + 1
    susan.delete_instance()
    assert free_id(NOON_ID, susan.id) == NOON_ID + 1
    assert FormerPost.get().author_id is None


def test_those_who_write_at_once_get_different_ids(at, susan):
    at(NOON)

    def write(number):
        with connected():
            return [Post.create(author=susan, body=f"{number}").id for _ in range(25)]

    with ThreadPoolExecutor(4) as pool:
        written = [post_id for ids in pool.map(write, range(4)) for post_id in ids]

    assert sorted(written) == list(range(NOON_ID, NOON_ID + 100))

import pytest

from microblog.models import Block, Like, User
from microblog.models.exceptions import Blocked, OwnPost
from microblog.models.like import Likers
from tests.conftest import make_user


@pytest.fixture
def post(susan, write_posts):
    return write_posts(susan, "Hello")[0]


@pytest.fixture
def people(app):
    return [make_user(name) for name in ("anna", "bert", "carl", "dora")]


def test_a_like_is_given_once_and_taken_back(post, john):
    Like.add(john, post)
    Like.add(john, post)
    assert Likers.of(post) == (["john"], 0, False)

    Like.remove(john, post)
    Like.remove(john, post)
    assert Likers.of(post) == ([], 0, False)


def test_nobody_likes_their_own_post(post, susan):
    with pytest.raises(OwnPost):
        Like.add(susan, post)


def test_nobody_likes_across_a_block(post, susan, john):
    Block.add(susan, john)
    with pytest.raises(Blocked):
        Like.add(john, post)

    Block.remove(susan, john)
    Block.add(john, susan)
    with pytest.raises(Blocked):
        Like.add(john, post)


def test_the_reader_is_named_first_then_whom_they_follow_then_the_latest(post, john, people):
    anna, bert, _carl, dora = people
    for person in people:
        Like.add(person, post)
    assert Likers.of(post) == (["dora", "carl"], 2, False)

    john.follow(anna)
    assert Likers.of(post, john) == (["anna", "dora"], 2, False)

    Like.add(john, post)
    assert Likers.of(post, john) == (["john", "anna"], 3, True)
    assert Likers.of(post, dora) == (["dora", "john"], 3, True)
    assert Likers.of(post, bert).count == 5


def test_who_is_hidden_is_neither_named_nor_counted(post, susan, john, people):
    anna, bert, carl, _dora = people
    for person in people:
        Like.add(person, post)
    User.update(suspended_at=anna.created_at).where(User.id == anna.id).execute()
    Block.add(john, bert)
    Block.add(carl, john)

    assert Likers.of(post, john) == (["dora"], 0, False)
    assert Likers.of(post, susan) == Likers.of(post) == (["dora", "carl"], 1, False)


def test_likes_go_with_their_post_and_their_person(post, susan, john, write_posts):
    Like.add(john, post)
    [other] = write_posts(john, "Good day")
    Like.add(susan, other)

    john.delete_instance()

    assert Like.select().count() == 0

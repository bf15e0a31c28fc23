import pytest
from peewee import IntegrityError

from microblog import accounts
from microblog.models import Block, Post
from microblog.models.exceptions import Blocked, PostGone


@pytest.fixture
def first(susan, write_posts):
    [post] = write_posts(susan, "one")
    return post


def test_an_answer_knows_what_it_answers_and_where_the_conversation_began(first, john, susan):
    answer = Post.answer(first.id, author=john, body="two")
    again = Post.answer(answer.id, author=susan, body="three")

    assert (first.reply_to, first.conversation, first.root) == (None, None, first.id)
    assert (answer.reply_to, answer.conversation) == (first.id, first.id)
    assert (again.reply_to, again.conversation, again.root) == (answer.id, first.id, first.id)


@pytest.mark.parametrize("blocker", ["susan", "john"])
def test_across_a_block_nobody_answers(first, susan, john, blocker):
    Block.add(*((susan, john) if blocker == "susan" else (john, susan)))

    with pytest.raises(Blocked):
        Post.answer(first.id, author=john, body="two")
    with pytest.raises(Blocked):
        Post.create(answers=first, author=john, body="two")
    assert Post.select().count() == 1


def test_what_nobody_sees_cannot_be_answered(first, susan, john, write_posts):
    [gone] = write_posts(susan, "gone")
    gone.delete_instance()
    accounts.suspend(susan, by="mary")

    for post in first, gone:
        with pytest.raises(PostGone):
            Post.answer(post.id, author=john, body="two")
    with pytest.raises(PostGone):
        Post.create(answers=gone, author=john, body="two")


def test_answers_stay_when_what_they_answer_goes(first, susan, john):
    answer = Post.answer(first.id, author=john, body="two")

    accounts.delete(susan)

    [left] = Post.select()
    assert (left.id, left.reply_to, left.conversation) == (answer.id, first.id, first.id)


def test_what_could_not_be_joined_is_no_answer_and_nothing_is_asked_of_it(susan, john):
    Block.add(susan, john)

    post = Post.create(author=john, body="two", reply_to=5)

    assert post.root == post.id
    with pytest.raises(IntegrityError):
        Post.create(author=john, body="")

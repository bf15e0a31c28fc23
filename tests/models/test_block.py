import pytest
from peewee import IntegrityError

from microblog.models import Block, Follow, Message, Post, User
from microblog.models.exceptions import Blocked


def test_a_block_ends_the_follows_both_ways(susan, john):
    susan.follow(john)
    john.follow(susan)

    Block.add(susan, john)
    Block.add(susan, john)

    assert Follow.select().count() == 0
    assert Block.person("susan", john).parted


def test_across_a_block_neither_follows_nor_writes_to_the_other(susan, john):
    Block.add(susan, john)

    for one, other in ((susan, john), (john, susan)):
        with pytest.raises(Blocked):
            one.follow(other)
        with pytest.raises(Blocked):
            Message.send(one, other, "hello")
    assert Follow.select().count() == Message.select().count() == 0


def test_lifting_a_block_brings_back_the_right_to_follow_not_the_follow(susan, john):
    susan.follow(john)
    Block.add(susan, john)
    Block.remove(susan, john)

    assert Follow.select().count() == 0
    john.follow(susan)
    assert Follow.select().count() == 1


def test_only_the_one_who_blocked_can_lift_it(susan, john):
    Block.add(susan, john)
    Block.remove(john, susan)

    assert Block.person("john", susan).parted


def test_nobody_blocks_themselves(susan):
    Block.add(susan, susan)

    assert not Block.person("susan", susan).parted


def test_another_fault_of_a_row_is_not_taken_for_a_block(susan, john):
    john.delete_instance()

    with pytest.raises(IntegrityError):
        Message.send(susan, john, "hello")


def test_across_a_block_neither_sees_the_other_among_everybodys_posts(susan, john, write_posts):
    write_posts(susan, "one")
    write_posts(john, "two")
    Block.add(susan, john)

    assert [post.body for post in Post.visible_to(susan)] == ["one"]
    assert [post.body for post in Post.visible_to(john)] == ["two"]
    assert [post.body for post in Post.visible_to()] == ["two", "one"]


def test_nobody_hides_from_an_administrator(susan, john, write_posts):
    User.update(is_admin=True).where(User.id == susan.id).execute()
    admin = User.named("susan")
    write_posts(john, "abuse")
    Block.add(john, admin)
    assert [post.body for post in Post.visible_to(admin)] == ["abuse"]

    Block.add(admin, john)

    assert list(Post.visible_to(admin)) == []

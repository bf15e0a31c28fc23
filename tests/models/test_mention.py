import pytest

from microblog.base.database import db
from microblog.models import Block, FormerName, Mention, Post, Tag, User


def mentions():
    """Who is mentioned, by the texts of the posts."""
    rows = Mention.select(Post.body, User.username).join(Post, on=(Mention.post_id == Post.id))
    return set(rows.join_from(Mention, User).tuples())


def test_a_post_mentions_whoever_is_here_once(susan, john, write_posts):
    write_posts(susan, "@John and @john, @nobody and @susan", "no one")

    assert mentions() == {
        ("@John and @john, @nobody and @susan", "john"),
        ("@John and @john, @nobody and @susan", "susan"),
    }


def test_a_new_name_changes_nothing_and_whoever_takes_the_old_one_was_not_meant(susan, john, write_posts):
    write_posts(susan, "@john")
    john.update_profile("johnny", "")
    FormerName.delete().execute()
    User.register("john", "other@example.org", "hash")

    assert mentions() == {("@john", "johnny")}


@pytest.mark.parametrize("blocks", [lambda susan, john: (susan, john), lambda susan, john: (john, susan)])
def test_across_a_block_nobody_is_mentioned(susan, john, write_posts, blocks):
    write_posts(john, "before: @susan")
    Block.add(*blocks(susan, john))
    write_posts(john, "after: @susan")

    assert mentions() == {("before: @susan", "susan")}


def test_a_post_that_is_not_written_mentions_nobody(susan, john):
    with db.atomic() as transaction:
        Post.create(author=susan, body="@john #tea")
        transaction.rollback()

    assert (Mention.select().count(), Tag.select().count()) == (0, 0)


@pytest.mark.parametrize(
    "go", [lambda post, _john: post.remove(by="susan"), lambda _post, john: john.delete_instance()]
)
def test_the_rows_go_with_the_post_and_with_the_person(susan, john, write_posts, go):
    [post] = write_posts(susan, "@john")

    go(post, john)

    assert Mention.select().count() == 0


def test_tags_go_with_their_posts(susan, write_posts):
    [tea, _both] = write_posts(susan, "#tea", "#Tea #milk")
    assert set(Tag.select(Tag.word).tuples()) == {("tea",), ("milk",)}

    tea.remove(by="susan")
    assert Tag.select().count() == 2
    susan.delete_instance()
    assert Tag.select().count() == 0

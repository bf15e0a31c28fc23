import pytest
from peewee import IntegrityError

from microblog.base import slices
from microblog.models import Post


def test_the_timeline_holds_own_posts_and_those_of_followed_people_newest_first(susan, john, write_posts):
    write_posts(susan, "one")
    write_posts(john, "two")
    susan.follow(john)

    assert [post.body for post in Post.timeline(susan)] == ["two", "one"]
    assert [post.body for post in Post.timeline(john)] == ["two"]


def test_unfollowing_takes_the_posts_away(susan, john, write_posts):
    write_posts(john, "two")
    susan.follow(john)
    susan.follow(john)
    susan.unfollow(john)

    assert list(Post.timeline(susan)) == []


@pytest.mark.parametrize("body", ["", "x" * 5001])
def test_the_database_refuses_what_is_too_short_or_too_long(susan, body):
    with pytest.raises(IntegrityError):
        Post.create(author=susan, body=body)


def test_length_counts_code_points(susan):
    assert Post.create(author=susan, body="👩" * 140)


def test_authors_come_with_the_posts(susan, write_posts, queries):
    write_posts(susan, *"abcdef")
    queries.clear()

    names = [post.author.username for post in Post.visible_to()]

    assert names == ["susan"] * 6
    assert len(queries) == 1


@pytest.mark.parametrize(
    "cut",
    [slices.newest(Post.timeline(1), 1000, None, 26), slices.oldest(Post.timeline(1), 1000, 26)],
    ids=["down", "up"],
)
def test_the_home_query_searches_by_author_and_never_scans_the_posts(plan, cut):
    steps = plan(cut)

    assert any(
        step.startswith("SEARCH t1 USING INDEX post_author_id (author_id=? AND rowid") for step in steps
    )
    assert not [step for step in steps if step.startswith("SCAN")]


def test_the_explore_query_walks_the_posts_in_their_order_and_asks_for_blocks_once(susan, plan):
    steps = plan(slices.newest(Post.visible_to(susan), 1000, None, 26))

    assert "SEARCH t1 USING INTEGER PRIMARY KEY (rowid<?)" in steps
    assert not [step for step in steps if "TEMP B-TREE" in step]
    assert sum("CORRELATED" in step for step in steps) == 1, "of each post whom it mentions"
    assert "SEARCH t3 USING PRIMARY KEY (post_id=?)" in steps


@pytest.mark.parametrize("reader", [None, "susan"])
def test_posts_of_suspended_people_are_passed_without_reading_their_author(susan, plan, reader):
    steps = plan(slices.newest(Post.visible_to(susan if reader else None), None, None, 26))

    [listed] = [number for number, step in enumerate(steps) if "INDEX user_suspended" in step]
    [author] = [number for number, step in enumerate(steps) if step.startswith("SEARCH t2 USING INTEGER")]
    assert listed < author


def test_the_profile_query_searches_by_author(susan, plan):
    steps = plan(slices.newest(Post.by_author(susan), 1000, None, 26))

    assert "SEARCH t1 USING INDEX post_author_id (author_id=? AND rowid<?)" in steps
    assert not [step for step in steps if "TEMP B-TREE" in step]

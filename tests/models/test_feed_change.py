from datetime import timedelta

from microblog import accounts, demo
from microblog.base import clock
from microblog.base.database import db
from microblog.models import FeedChange, User, post


def test_two_changes_never_have_the_same_second(susan, write_posts):
    write_posts(susan, "first")
    first = FeedChange.latest()

    write_posts(susan, "second")

    assert FeedChange.latest() - first >= timedelta(seconds=1)


def test_a_clock_that_was_set_back_sets_no_change_back(susan, write_posts):
    ahead = clock.now().replace(microsecond=0) + timedelta(days=1)
    FeedChange.update(changed_at=ahead).execute()

    write_posts(susan, "one")

    assert FeedChange.latest() == ahead + timedelta(seconds=1)


def test_what_is_rolled_back_is_no_change(susan, write_posts):
    before = FeedChange.latest()

    with db.atomic() as transaction:
        write_posts(susan, "never")
        transaction.rollback()

    assert FeedChange.latest() == before


def test_an_account_that_goes_is_one_change_however_much_it_wrote(susan, write_posts):
    write_posts(susan, *map(str, range(100)))
    before = FeedChange.latest()

    accounts.delete(susan)

    assert FeedChange.latest() == before + timedelta(seconds=1)


def test_a_batch_of_an_account_that_goes_is_one_change(susan, write_posts, monkeypatch):
    monkeypatch.setattr(post, "DELETED_AT_ONCE", 10)
    write_posts(susan, *map(str, range(100)))
    before = FeedChange.latest()

    accounts.delete(susan)

    batches = 9
    assert FeedChange.latest() == before + timedelta(seconds=batches + 1)


def test_demo_posts_are_one_change(app, write_posts):
    before = FeedChange.latest()

    demo.fill(users=3, posts=100, follows=1, seed=1)

    assert before < FeedChange.latest() <= clock.now() + timedelta(seconds=1)
    before = FeedChange.latest()
    write_posts(User.named("demo1"), "one by one again")
    assert FeedChange.latest() > before


def test_who_changes_only_their_password_changes_no_feed(susan):
    before = FeedChange.latest()

    susan.change_password("hash")

    assert FeedChange.latest() == before

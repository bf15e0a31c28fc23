import pytest

from microblog import accounts, demo
from microblog.base.database import db
from microblog.models import Post, Site, User, VisibleChange, post


@pytest.fixture
def changed(susan):
    """A function that says whether there was a change that visitors can see since it was last called."""
    seen = [VisibleChange.latest()]

    def changed():
        seen.append(VisibleChange.latest())
        return seen[-1] != seen[-2]

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda susan: Post.create(author=susan, body="new"),
        lambda _susan: Post.update(body="changed").execute(),
        lambda _susan: Post.get().delete_instance(),
        lambda susan: susan.update_profile("Susan", ""),
        lambda susan: accounts.suspend(susan, by="mary"),
        lambda susan: susan.restore(),
        lambda susan: accounts.delete(susan),
        lambda _susan: Site.change(name="Our garden"),
    ],
)
def test_what_visitors_can_see_gets_another_number(susan, write_posts, changed, change):
    write_posts(susan, "old")
    assert changed()

    change(susan)

    assert changed()


@pytest.mark.parametrize(
    "change",
    [
        lambda susan: susan.change_password("hash"),
        lambda susan: susan.set_language("es"),
        lambda susan: User.register("mary", "mary@example.org", "hash").follow(susan),
    ],
)
def test_what_they_cannot_see_keeps_it(susan, changed, change):
    change(susan)

    assert not changed()


def test_what_is_rolled_back_is_no_change(susan, write_posts, changed):
    with db.atomic() as transaction:
        write_posts(susan, "never")
        transaction.rollback()

    assert not changed()


def test_posts_that_are_written_or_deleted_in_bulk_are_changes_too(changed, monkeypatch):
    monkeypatch.setattr(post, "DELETED_AT_ONCE", 10)

    demo.fill(users=3, posts=100, follows=1, seed=1)
    assert changed()

    Post.delete_most_by(User.named("demo1"))
    assert changed()

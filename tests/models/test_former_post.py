"""Every way in which posts are deleted leaves their ids taken; only the undoing of an import does not."""

import pytest

from microblog import accounts, demo
from microblog.models import FormerPost, Post, Token, User
from microblog.models import post as posts


def former():
    return {post.id: post.author_id for post in FormerPost.select()}


def delete_by_program(browser, post):
    _token, secret = Token.issue(post.author, "a program")
    browser.delete(f"/api/posts/{post.id}", headers={"Authorization": f"Bearer {secret}"})


KEPT = {
    "its author": lambda browser, post: browser.post_form(f"/post/{post.id}/delete"),
    "a program": delete_by_program,
    "an instance": lambda _browser, post: post.delete_instance(),
    "a query": lambda _browser, _post: Post.delete().execute(),
}
ORPHANED = {
    "the account": lambda _browser, post: accounts.delete(post.author),
    "a user's row": lambda _browser, post: post.author.delete_instance(),
}


@pytest.mark.parametrize("delete", KEPT.values(), ids=KEPT)
def test_a_deleted_post_leaves_its_id_to_its_author(browser, susan, delete):
    post = Post.create(author=susan, body="x")

    delete(browser, post)

    assert not Post.select().exists()
    assert former() == {post.id: susan.id}


def test_so_do_those_of_somebody_who_wrote_very_many(susan, write_posts, monkeypatch):
    written = write_posts(susan, *"abc")
    monkeypatch.setattr(posts, "DELETED_AT_ONCE", 1)

    Post.delete_most_by(susan)

    [kept] = Post.select()
    assert former() == {post.id: susan.id for post in written if post != kept}


@pytest.mark.parametrize("delete", ORPHANED.values(), ids=ORPHANED)
def test_posts_that_go_with_their_author_leave_ids_to_nobody(browser, susan, john, write_posts, delete):
    earlier, post = write_posts(john, "earlier", "x")
    earlier.delete_instance()

    delete(browser, post)

    assert former() == {earlier.id: None, post.id: None}


def test_so_do_those_of_demo_people(susan):
    demo.populate_for(susan)
    ids = {post.id for post in Post.select()}
    assert ids

    demo.remove(susan)

    assert former() == dict.fromkeys(ids)
    assert list(User.select()) == [susan]


def test_what_an_import_is_undone_with_leaves_nothing_but_what_was_there_before(susan, write_posts):
    deleted, kept = write_posts(susan, "deleted and brought back", "kept")
    deleted.delete_instance()
    Post.create(id=deleted.id, author=susan, body="brought back", import_id=1)
    [brought, gone] = write_posts(susan, "brought", "deleted by hand meanwhile")
    gone.delete_instance()

    Post.take_back([deleted.id, brought.id])

    assert list(Post.select()) == [kept]
    assert former() == {deleted.id: susan.id, gone.id: susan.id}

"""Deleting all of one's posts: an archive first, then the posts, and all of them back by *Undo*."""

from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.base.error_codes import OUT_OF_SPACE
from microblog.exports import archive, deletion, expiry
from microblog.imports import jobs, requests
from microblog.imports.import_row import Import
from microblog.models import FormerPost, Post
from microblog.ops import cleanup
from microblog.security import security_log
from microblog.tasks.exceptions import JobFailed
from microblog.tasks.states import CANCELLED, FAILED, SUCCEEDED
from microblog.tasks.task import Task
from tests.posts import insert_posts

BATCH = 50
POSTS = 2 * BATCH + 1


@pytest.fixture
def written(susan, john):
    """Susan's posts, beside one of john's."""
    insert_posts(john, ["his"])
    insert_posts(susan, [f"post {number}" for number in range(POSTS)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deletion, "BATCH", BATCH)
        yield posts_of(susan)


@pytest.fixture
def deleted(browser, written):
    browser.post_form("/account/posts/delete")
    return Task.get(name="delete_posts")


def posts_of(user):
    fields = (Post.id, Post.body, Post.language, Post.origin)
    return list(Post.select(*fields).where(Post.author == user).order_by(Post.id).tuples())


def undo(browser, task):
    return browser.post_form(f"/account/posts/{task.id}/undo")


def test_the_pages_of_leaving_offer_the_archive_and_say_what_is_lost(browser):
    leaving, deleting = browser.get("/account/delete").text, browser.get("/account/posts/delete").text

    assert 'action="/export_posts"' in leaving
    assert 'href="/account/posts/delete"' in leaving
    assert "kept for 30 days" in deleting
    assert "Likes do not come back." in deleting


def test_all_posts_are_deleted_and_come_back_as_they_were(browser, susan, john, deleted, written):
    assert (deleted.state, posts_of(susan), len(posts_of(john))) == (SUCCEEDED, [], 1)
    assert FormerPost.select().count() == POSTS
    assert deleted.file_expires_at - clock.now() > deletion.KEPT_FOR - timedelta(minutes=1)
    card = browser.get("/tasks").text
    assert "Your posts are deleted" in card
    assert f"/tasks/{deleted.id}/archive" in card

    assert undo(browser, deleted).location == "/tasks"

    assert posts_of(susan) == written
    assert not archive.zip_beside(deleted.file).exists()
    assert undo(browser, deleted).status_code == 409
    [row] = Import.select()
    assert not row.can_be_undone
    asked = {event.text.split()[0] for event in security_log.latest(10)}
    assert asked >= {"posts-deletion-asked", "posts-deletion-undone"}


def test_conversations_and_tags_come_back_with_the_posts(browser, susan, john):
    asked = Post.create(author=john, body="who is there? #door")
    first = Post.create(author=susan, body="me, @john, at the #door", answers=asked)
    Post.create(author=john, body="come in", answers=first)
    before = list(Post.select(Post.id, Post.reply_to, Post.conversation).order_by(Post.id).tuples())
    page = browser.get("/tag/door").text

    browser.post_form("/account/posts/delete")
    undo(browser, Task.get(name="delete_posts"))

    assert list(Post.select(Post.id, Post.reply_to, Post.conversation).order_by(Post.id).tuples()) == before
    assert page.count("#door") == browser.get("/tag/door").text.count("#door") > 1


def test_wherever_the_deletion_is_shown_it_can_be_undone(browser, deleted):
    for page in ("/", "/tasks", f"/tasks/{deleted.id}", f"/tasks/{deleted.id}/card"):
        assert f'action="/account/posts/{deleted.id}/undo"' in browser.get(page).text, page


def test_no_page_offers_to_undo_what_brought_posts_back(browser, office, deleted):
    undo(browser, deleted)
    [row] = Import.select()

    for visitor, page in ((browser, "/tasks"), (browser, f"/imports/{row.id}"), (office, "/admin/tasks")):
        assert f"/imports/{row.id}/undo" not in visitor.get(page).text, page
    card = browser.get("/tasks").text
    assert "Your posts are back" in card
    assert "See or undo" not in card


def test_what_is_written_meanwhile_stays(browser, susan, written, monkeypatch):
    def write(*_arguments):
        delete_by(*_arguments)
        if Post.select().where(Post.body == "meanwhile").count() == 0:
            Post.create(author=susan, body="meanwhile")

    delete_by = Post.delete_by
    monkeypatch.setattr(Post, "delete_by", write)

    browser.post_form("/account/posts/delete")

    assert [body for _id, body, *_ in posts_of(susan)] == ["meanwhile"]


@pytest.mark.parametrize("way", ["cancelled", "failed"])
def test_a_deletion_that_stops_halfway_keeps_its_archive(browser, susan, written, monkeypatch, way):
    def stop(*arguments):
        delete_by(*arguments)
        if way == "failed":
            raise JobFailed(OUT_OF_SPACE)
        Task.get(name="delete_posts").cancel()

    delete_by = Post.delete_by
    monkeypatch.setattr(Post, "delete_by", stop)
    browser.post_form("/account/posts/delete")
    monkeypatch.undo()
    [task] = Task.select()

    assert (task.state, len(posts_of(susan))) == (
        {"cancelled": CANCELLED, "failed": FAILED}[way],
        POSTS - BATCH,
    )
    card = browser.get("/tasks").text
    assert "What was deleted can come back until" in card
    assert "Nothing was kept." not in card
    undo(browser, task)
    assert posts_of(susan) == written


def test_one_that_is_cancelled_before_leaves_posts_and_no_file(browser, susan, written, nobody_works):
    browser.post_form("/account/posts/delete")
    task = Task.get(name="delete_posts")

    browser.post_form(f"/tasks/{task.id}/cancel")

    assert posts_of(susan) == written
    assert not deletion.can_be_undone(Task.get_by_id(task.id))


def test_the_archive_stays_beside_exports_and_for_thirty_days(browser, susan, deleted, monkeypatch):
    for _ in range(expiry.MOST_FILES + 1):
        browser.post_form("/export_posts")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=29))
    expiry.expire_files()
    cleanup.remove_stray_files()
    assert archive.zip_beside(deleted.file).exists()

    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=30, seconds=1))
    expiry.expire_files()
    assert not archive.zip_beside(deleted.file).exists()


def test_somebody_elses_deletion_cannot_be_undone(deleted, sign_in, john):
    assert undo(sign_in(john), deleted).status_code == 404


def test_more_posts_than_a_file_may_bring_come_back(browser, susan, deleted, written, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_POSTS", 10)
    monkeypatch.setattr(jobs, "LIMITS", {"most_bytes": 10, "most_ratio": 1})

    undo(browser, deleted)

    assert posts_of(susan) == written


def test_bringing_back_counts_against_no_quota(browser, app, susan, deleted, monkeypatch):
    undo(browser, deleted)
    monkeypatch.setitem(app.config, "RATE_LIMITS", True)
    monkeypatch.setattr(requests, "MOST_A_DAY", 1)

    with app.app_context():
        requests.check_quota(susan)

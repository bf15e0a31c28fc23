"""A deleted post comes back as it was, for some minutes, or its text goes into a new one."""

import re

import pytest

from microblog.base import clock
from microblog.base.clock import in_microseconds
from microblog.base.database import db
from microblog.models import Block, DeletedPost, Like, NewsItem, Post, Report, Token, User
from microblog.models.deleted_post import BACK
from microblog.tables import MODELS
from tests.conftest import make_user

TOO_LATE = "It is too late to bring the post back."


@pytest.fixture
def mary(app):
    return make_user("mary")


@pytest.fixture
def post(susan, john, mary):
    """Susan's answer to john, which names mary and has a tag; john likes it, and has read his news."""
    first = Post.create(author=john, body="first")
    post = Post.create(author=susan, body="Hello @mary #tea", language="es", answers=first)
    Post.create(author=john, body="and back", answers=post)
    Like.add(john, post)
    Report.add(mary, post, "why")
    newest = NewsItem.select().order_by(NewsItem.id.desc()).first().id
    NewsItem.mark_read(john, 1, newest)
    return post


def everything():
    """All rows of all tables that posts have to do with, and the badges."""
    tables = [model._meta.table_name for model in (Post, *BACK)]
    rows = {table: db.execute_sql(f'SELECT * FROM "{table}" ORDER BY 1, 2').fetchall() for table in tables}
    badges = "SELECT user_id, name, data FROM notification ORDER BY 1, 2"
    return rows | {"badges": db.execute_sql(badges).fetchall()}


def delete(browser, post, again=""):
    return browser.post_form(f"/post/{post.id}/delete{again}")


def undo(browser, post):
    return browser.post_form(f"/post/{post.id}/undo", follow_redirects=True)


def program_of(app, user):
    _token, secret = Token.issue(user, "a program")
    return app.test_client(), {"Authorization": f"Bearer {secret}"}


def test_every_table_that_goes_with_a_post_comes_back():
    def refers(model):
        references = [field for field in model._meta.refs if model._meta.refs[field] is Post]
        return references or "post_id" in model._meta.columns

    assert {model for model in MODELS if refers(model)} - {DeletedPost} == {*BACK, *old_numbers()}


def old_numbers():
    """Leads to a post by its id, and stays when that goes."""
    return [model for model in MODELS if model._meta.table_name == "old_permalink"]


def test_undo_brings_back_the_very_post_with_all_that_went_with_it(browser, post):
    before = everything()
    assert all(before.values()), "nothing of it would be missed"
    answer = delete(browser, post)
    assert everything() != before

    offered = browser.get(answer.location).text
    [action] = re.findall(r'class="toast".*?action="(/post/\d+/undo)"', offered, re.S)
    page = browser.post_form(action, next="/explore", follow_redirects=True)

    assert page.request.path == "/explore"
    assert "The post is back." in page.text
    assert everything() == before
    assert [found.id for found in Post.tagged("tea", None)] == [post.id]
    assert "Hello" in browser.get("/search?q=hello").text
    assert not DeletedPost.select().exists()


def test_pressed_again_it_leads_to_the_post(browser, post):
    delete(browser, post)

    for _ in range(2):
        assert undo(browser, post).request.path == f"/post/{post.id}"
    assert Post.select().where(Post.body == post.body).count() == 1


MEANWHILE = {
    "what it answers is deleted": lambda post: Post.delete_by_id(post.reply_to),
    "the two are parted": lambda post: Block.add(User.named("john"), post.author),
    "who likes it is suspended": lambda _post: User.named("john").suspend(),
    "who likes it leaves": lambda _post: User.named("john").delete_instance(),
    "who has reported it leaves": lambda _post: User.named("mary").delete_instance(),
}


@pytest.mark.parametrize("happen", MEANWHILE.values(), ids=MEANWHILE)
def test_what_happens_meanwhile_has_the_effect_that_it_would_have_had(browser, post, happen):
    with db.atomic() as trial:
        happen(post)
        expected = everything()
        trial.rollback()

    delete(browser, post)
    happen(post)
    page = undo(browser, post)

    assert "The post is back." in page.text
    found = everything()
    if happen is MEANWHILE["the two are parted"]:
        # Nobody is made to like across a block.
        assert not expected.pop("post_like") == found.pop("post_like") == []
    assert found == expected


# For how long, and for whom


def test_after_ten_minutes_it_is_too_late_and_nothing_is_kept(browser, post, later):
    delete(browser, post)
    later(minutes=11)

    assert TOO_LATE in undo(browser, post).text

    DeletedPost.delete_expired()
    assert not DeletedPost.select().exists()


ENDED_BY = {
    "the next post": lambda app, browser, _susan: browser.post_form("/", post="instead"),
    "a program's": lambda app, _browser, susan: program_of(app, susan)[0].post(
        "/api/posts", json={"body": "instead"}, headers=program_of(app, susan)[1]
    ),
    "the next deletion": lambda _app, browser, susan: delete(browser, Post.create(author=susan, body="x")),
}


@pytest.mark.parametrize("end", ENDED_BY.values(), ids=ENDED_BY)
def test_what_its_author_does_next_ends_it(app, browser, susan, post, end):
    delete(browser, post)
    end(app, browser, susan)

    assert TOO_LATE in undo(browser, post).text
    assert Post.get_or_none(Post.id == post.id) is None


def test_what_others_write_and_an_import_brings_ends_nothing(browser, susan, john, post):
    delete(browser, post)
    Post.create(author=john, body="another's")
    Post.create(id=in_microseconds(clock.now()) - 10**12, author=susan, body="of before", import_id=1)

    assert "The post is back." in undo(browser, post).text


def test_only_who_deleted_it_can_undo_it(sign_in, browser, susan, john, post):
    User.update(is_admin=True).where(User.username == "mary").execute()
    delete(sign_in(User.named("mary")), post)

    assert TOO_LATE in undo(browser, post).text
    assert sign_in(john).post_form(f"/post/{post.id}/undo").status_code == 404
    assert browser.get(f"/?again={post.id}").text.count("Hello @mary") == 0

    assert "The post is back." in undo(sign_in(User.named("mary")), post).text
    assert Post.get_by_id(post.id).author == susan


def test_it_goes_with_its_author(sign_in, susan, post):
    User.update(is_admin=True).where(User.username == "mary").execute()
    delete(sign_in(User.named("mary")), post)

    susan.delete_instance()

    assert not DeletedPost.select().exists()


# Writing it again


def form_in(page):
    return re.search(r'<form class="composer".*?</form>', page.text, re.S).group()


def test_it_is_written_again_where_it_stood(browser, susan, john, post):
    menu = browser.get("/").text
    assert f'href="/post/{post.id}/delete?again"' in menu
    question = browser.get(f"/post/{post.id}/delete?again").text
    assert "Delete this post and write it again?" in question

    page = browser.post_form(f"/post/{post.id}/delete?again", next="/explore", follow_redirects=True)

    assert page.request.path == f"/post/{post.reply_to}"
    form = form_in(page)
    assert ">Hello @mary #tea</textarea>" in form
    assert '<option value="es" lang="es" selected>' in form
    assert f'name="reply_to" value="{post.reply_to}"' in form
    assert f'action="/post/{post.id}/undo"' in page.text

    browser.post_form("/", post="Hello @mary, #tea?", reply_to=post.reply_to, language="es")

    # Neither Back nor a reload shows what was sent, and nobody has both.
    assert "Hello" not in form_in(browser.get(f"/post/{post.reply_to}?again={post.id}"))
    assert TOO_LATE in undo(browser, post).text


def test_it_is_written_again_at_home_where_it_answered_nothing_or_nothing_is_left(browser, susan, post):
    [alone] = [Post.create(author=susan, body="alone")]
    assert delete(browser, alone, "?again").location == f"/?again={alone.id}"
    Post.delete().where(Post.id != post.id).execute()

    answer = delete(browser, post, "?again")

    assert answer.location == f"/?again={post.id}"
    assert ">Hello @mary #tea</textarea>" in form_in(browser.get(answer.location))


def test_undone_it_is_not_in_the_form_any_more(browser, post):
    page = browser.get(delete(browser, post, "?again").location)
    assert "Hello" in form_in(page)

    assert "Hello" not in form_in(undo(browser, post))


def test_only_ones_own_and_only_what_was_written_here_is_written_again(sign_in, browser, susan, john, post):
    User.update(is_admin=True).where(User.username == "john").execute()
    brought = Post.create(author=susan, body="x" * 300, import_id=1)
    assert "delete?again" not in sign_in(User.named("john")).get("/user/susan").text
    assert f"/post/{brought.id}/delete?again" not in browser.get("/").text

    for who, which in ((sign_in(User.named("john")), post), (browser, brought)):
        assert "?again" not in delete(who, which, "?again").location


@pytest.mark.parametrize("again", ["", "x", "9" * 30, "-1", "%00", "1&again=2"])
def test_an_address_that_names_no_deleted_post_shows_an_empty_form(browser, client, post, again):
    assert "></textarea>" in form_in(browser.get(f"/?again={again}"))
    assert client.get(f"/post/{post.id}?again={again}").status_code == 200

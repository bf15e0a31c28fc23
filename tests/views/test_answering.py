import pytest

from microblog import accounts
from microblog.models import Block, Post


@pytest.fixture
def first(john, write_posts):
    [post] = write_posts(john, "one")
    return post


def test_an_answer_is_posted_with_what_it_answers(browser, first):
    response = browser.post_form("/", post="two", reply_to=str(first.id))

    answer = Post.get(Post.body == "two")
    assert (response.status_code, response.location) == (302, f"/post/{answer.id}")
    assert answer.reply_to == answer.conversation == first.id


REFUSED = {
    "no id": (lambda _first, _susan: "x", 422, "not there any more"),
    "nothing": (lambda _first, _susan: "5", 422, "not there any more"),
    "huge": (lambda _first, _susan: "9" * 400, 422, "not there any more"),
    "deleted": (lambda first, _susan: first.delete_instance() and first.id, 422, "not there any more"),
    "suspended": (
        lambda first, _susan: accounts.suspend(first.author, by="mary") or first.id,
        422,
        "not there any more",
    ),
    "gone": (lambda first, _susan: accounts.delete(first.author) or first.id, 422, "not there any more"),
    "blocked": (lambda first, susan: Block.add(susan, first.author) or first.id, 403, "blocked the other"),
    "blocking": (lambda first, susan: Block.add(first.author, susan) or first.id, 403, "blocked the other"),
}


@pytest.mark.parametrize(("happens", "status", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refused_answer_says_why_and_keeps_the_text(browser, susan, first, happens, status, words):
    response = browser.post_form("/", post="my long text", reply_to=str(happens(first, susan)))

    assert response.status_code == status
    assert words in response.text
    assert "my long text</textarea>" in response.text
    assert not Post.select().where(Post.author == susan).exists()

import pytest

from microblog import accounts
from microblog.models import Block, Like, NewsItem
from tests.conftest import make_user


@pytest.fixture
def post(susan, write_posts):
    return write_posts(susan, "Hello")[0]


def test_a_program_likes_and_takes_it_back(program_of, john, post):
    program = program_of(john)
    path = f"/api/posts/{post.id}/like"
    for _ in range(2):
        assert program.put(path).status_code == 204
    assert [like.user.username for like in Like.select()] == ["john"]
    assert NewsItem.select().count() == 1

    for _ in range(2):
        assert program.delete(path).status_code == 204
    assert [like.user.username for like in Like.select()] == []


def test_a_program_reads_the_news_and_says_which(program, susan, john, post):
    john.follow(susan)
    Like.add(john, post)

    like, follow = program.get("/api/news").json
    assert (like["kind"], like["people"], like["post_id"]) == ("like", ["john"], str(post.id))
    assert (follow["kind"], follow["people"], follow["post_id"]) == ("follow", ["john"], None)
    assert like["read_at"] is None

    program.put(f"/api/news/{like['id']}/read")
    assert [item.read_at is None for item in NewsItem.of(susan)] == [False, True]


def test_posts_say_how_many_like_them_whom_the_reader_may_see(program, susan, john, post):
    anna, bert = make_user("anna"), make_user("bert")
    for person in (john, anna, bert):
        Like.add(person, post)
    Block.add(susan, anna)
    accounts.suspend(bert, by="mary")

    assert program.get(f"/api/posts/{post.id}").json["likes"] == 1
    assert [listed["likes"] for listed in program.get("/api/timeline").json] == [1]

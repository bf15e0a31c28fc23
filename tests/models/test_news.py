import pytest

from microblog import accounts
from microblog.base import slices
from microblog.base.database import db
from microblog.models import Block, Invited, Like, NewsItem, Notification, Post, User, news
from microblog.models.news import KINDS, REPORT, unread_and_cursor
from tests.conftest import make_user


@pytest.fixture
def post(susan, write_posts):
    """A post of susan, whose news the tests read."""
    return write_posts(susan, "Hello")[0]


def follow(john, _post):
    john.follow(User.named("susan"))


def unfollow(john, _post):
    john.unfollow(User.named("susan"))


def like(john, post):
    Like.add(john, post)


def unlike(john, post):
    Like.remove(john, post)


def answer(john, post):
    return Post.get_or_none(Post.author == john) or Post.create(post, author=john, body="Good day")


def delete_post_of(john, _post):
    Post.get(Post.author == john).delete_instance()


def mention(john, _post):
    return Post.get_or_none(Post.author == john) or Post.create(author=john, body="Good day, @susan!")


def join(john, post):
    if not Invited.inviter_of(john):
        Invited.welcome(john, post.author)


# What somebody does by which a line comes, and what takes back just that.
ACTS = {
    "follow": (follow, unfollow),
    "answer": (answer, delete_post_of),
    "mention": (mention, delete_post_of),
    "like": (like, unlike),
    "join": (join,),
}
EACH_WAY_BACK = [(kind, way) for kind, (_act, *ways) in ACTS.items() for way in ways]


def lines(user):
    """Kind, people and post of each line, newest first."""
    return [(item.kind, *item.people[0], item.post and item.post.body) for item in NewsItem.of(user)]


def kinds(user):
    return [item.kind for item in NewsItem.of(user)]


def unread(user):
    """The number of unread news, by three ways that have to agree."""
    counted = NewsItem.select().where(NewsItem.user == user, NewsItem.read_at.is_null()).count()
    told = [row.data for row in Notification.since(user, 0) if row.name == "unread_news_count"]
    assert [counted] == (told or [0]) == [unread_and_cursor(user)[1]]
    return counted


def test_each_kind_is_tried_here():
    # Reports, which are told to administrators and of nobody, have tests of their own.
    assert set(ACTS) == set(KINDS) - {REPORT}


@pytest.mark.parametrize("kind", ACTS)
def test_what_others_do_makes_a_line_and_a_notification(susan, john, post, kind):
    ACTS[kind][0](john, post)
    ACTS[kind][0](john, post)

    assert kinds(susan) == [kind]
    assert lines(susan)[0][1] == "john"
    assert unread(susan) == 1
    # Whoever is invited is followed as well.
    assert kinds(john) == (["follow"] if kind == "join" else [])


@pytest.mark.parametrize(("kind", "way_back"), EACH_WAY_BACK)
def test_what_is_undone_takes_its_line_away(susan, john, post, kind, way_back):
    ACTS[kind][0](john, post)

    way_back(john, post)

    assert kinds(susan) == []
    assert unread(susan) == 0


ENDS = {
    "she blocks him": lambda susan, john: Block.add(susan, john),
    "he blocks her": lambda susan, john: Block.add(john, susan),
    "he is suspended": lambda _susan, john: accounts.suspend(john, by="mary"),
    "he leaves": lambda _susan, john: accounts.delete(john),
    "she leaves": lambda susan, _john: accounts.delete(susan),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ACTS)
def test_nothing_is_left_of_people_who_have_nothing_to_do_with_each_other_any_more(
    susan, john, post, kind, end
):
    ACTS[kind][0](john, post)

    ENDS[end](susan, john)

    assert list(NewsItem.select().where((NewsItem.user == susan) | (NewsItem.actor == john))) == []
    assert unread(susan) == 0


@pytest.mark.parametrize("end", ["she blocks him", "he blocks her", "he is suspended"])
def test_likes_of_others_keep_their_line(susan, john, post, end):
    anna = make_user("anna")
    Like.add(anna, post)
    Like.add(john, post)
    assert lines(susan) == [("like", "john", "anna", "Hello")]

    ENDS[end](susan, john)

    assert lines(susan) == [("like", "anna", "Hello")]
    assert unread(susan) == 1


def test_a_block_between_others_takes_nothing(susan, john, post):
    anna = make_user("anna")
    for kind in ACTS:
        ACTS[kind][0](john, post)
    before = kinds(susan)

    Block.add(anna, john)

    assert kinds(susan) == before


def test_likes_of_one_post_share_a_line_which_comes_to_the_top_again(susan, john, post, write_posts):
    [other] = write_posts(susan, "Good day")
    for number in range(4):
        Like.add(make_user(f"friend{number}"), post)
    Like.add(john, other)
    assert lines(susan) == [("like", "john", "Good day"), ("like", "friend3", "friend2", "Hello")]
    NewsItem.mark_read(susan, 0, 1000)

    Like.add(john, post)

    assert lines(susan) == [("like", "john", "friend3", "Hello"), ("like", "john", "Good day")]
    assert NewsItem.of(susan).first().people == (["john", "friend3"], 3)
    assert unread(susan) == 1


def test_a_like_taken_back_leaves_those_of_others_where_they_are(susan, john, post):
    anna = make_user("anna")
    Like.add(anna, post)
    Like.add(john, post)
    NewsItem.mark_read(susan, 0, 1000)

    Like.remove(john, post)

    assert lines(susan) == [("like", "anna", "Hello")]
    assert unread(susan) == 0


def test_only_the_shown_are_marked_as_read_and_only_ones_own(susan, john, post):
    for number in range(3):
        make_user(f"friend{number}").follow(susan)
    susan.follow(john)
    newest, middle, _oldest = NewsItem.of(susan)

    NewsItem.mark_read(john, 0, 1000)
    assert (unread(susan), unread(john)) == (3, 0)

    NewsItem.mark_read(susan, middle.id, newest.id)
    assert unread(susan) == 1


def test_the_cursor_is_of_the_same_moment_as_the_counts(susan, john):
    assert unread_and_cursor(susan) == (0, 0, 0)
    john.follow(susan)
    assert unread_and_cursor(susan) == (0, 1, Notification.newest(susan).scalar())


def test_a_page_of_news_is_read_from_an_index_in_its_order(susan, plan):
    steps = plan(slices.newest(NewsItem.of(susan), 1000, None, 26))

    assert "SEARCH t1 USING INDEX news_user_id (user_id=? AND rowid<?)" in steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_the_badge_counts_nothing(susan, plan):
    steps = plan(news._unread_and_cursor(susan))

    assert not any("news" in step for step in steps)
    by_key = "USING INDEX notification_user_id_name_key (user_id=? AND name=? AND key=?)"
    assert any(by_key in step for step in steps)


def test_what_is_rolled_back_is_no_news(susan, john):
    with db.atomic() as transaction:
        john.follow(susan)
        transaction.rollback()

    assert kinds(susan) == []
    assert unread(susan) == 0


def test_answers_to_others_or_oneself_and_those_that_an_import_brings_are_no_news(susan, john, post):
    anna = make_user("anna")
    own = Post.create(post, author=susan, body="I again")
    Post.create(own, author=john, body="Good day")
    Post.create(post, author=anna, body="of long ago", import_id=1)

    assert lines(susan) == [("answer", "john", "Good day")]
    assert kinds(john) == kinds(anna) == []


def test_an_answer_that_names_whom_it_answers_is_one_line(susan, john, post):
    Post.create(post, author=john, body="@susan: good day, @john and @susan")

    assert kinds(susan) == ["answer"]
    assert kinds(john) == []


def test_a_mention_that_an_import_brings_is_no_news(susan, john):
    Post.create(author=john, body="Good day, @susan!", import_id=1)

    assert kinds(susan) == []


def test_posts_of_others_are_no_news(susan, john, write_posts):
    write_posts(john, "Good day")
    Post.delete().execute()

    assert kinds(susan) == []

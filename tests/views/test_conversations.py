import json
import re

import mf2py
import pytest

from microblog import accounts
from microblog.base import slices
from microblog.models import Block, Post
from microblog.models.conversation import COUNTED, Conversation, tell
from microblog.models.post_id import next_id
from tests.conftest import make_user

PAGE = 25
# Every list of posts; each must tell of answers.
LISTS = ("/", "/explore", "/user/june", "/search?q=hello")


@pytest.fixture
def june(app, susan):
    june = make_user("june")
    susan.follow(june)
    return june


@pytest.fixture
def first(june):
    return Post.create(author=june, body="hello, first", language="en")


@pytest.fixture
def answers(first, john, june):
    """John answers the first post, and june him."""
    one = Post.answer(first.id, author=john, body="hello, one")
    return [one, Post.answer(one.id, author=june, body="hello, two")]


def bodies(response):
    return re.findall(r'class="e-content"[^>]*>(.*?)</p>', response.text, re.S)


def marked(response):
    """The texts of the posts that are marked as that one came for."""
    return re.findall(r'aria-current="true">.*?class="e-content"[^>]*>(.*?)</p>', response.text, re.S)


def links(response):
    """What the links of the posts' answers say."""
    return re.findall(r'class="answers"><a href="[^"]*">([^<]+)</a>', response.text)


def insert_answers(first, author, count):
    began = next_id()
    rows = [
        {
            "id": post_id,
            "author": author,
            "body": f"answer {n}",
            "reply_to": first.id,
            "conversation": first.id,
        }
        for n, post_id in enumerate(range(began, began + count))
    ]
    for start in range(0, count, 1000):
        Post.insert_many(rows[start : start + 1000]).execute()
    return [row["id"] for row in rows]


# The page


def test_a_conversation_is_read_from_every_one_of_its_posts(client, first, answers):
    for post in first, *answers:
        page = client.get(f"/post/{post.id}")

        assert bodies(page) == ["hello, first", "hello, one", "hello, two"]
        assert marked(page) == [post.body]
        assert f'<link rel="canonical" href="http://localhost/post/{first.id}">' in page.text


def test_a_post_without_answers_is_not_marked(client, first):
    assert marked(client.get(f"/post/{first.id}")) == []


def test_it_ends_with_a_composer_for_those_who_are_signed_in(client, browser, john, sign_in, first, answers):
    one, _two = answers

    assert "<textarea" not in client.get(f"/post/{first.id}").text
    for post, name, reader in (
        (first, "june", browser),
        (one, "john", browser),
        # Whoever came for what they wrote themselves goes on with the conversation, not with themselves.
        (one, "june", sign_in(john)),
    ):
        page = reader.get(f"/post/{post.id}").text
        assert f'<label for="post">Answer {name}</label>' in page
        answered = first if name == "june" else one
        assert f'<input type="hidden" name="reply_to" value="{answered.id}">' in page
        assert '<form class="composer" method="post" action="/"' in page


def test_an_answer_leads_to_where_it_stands(browser, first):
    response = browser.post_form("/", post="mine", reply_to=str(first.id))

    page = browser.get(response.location)
    assert marked(page) == ["mine"]
    assert "Posted." in page.text


def test_an_answer_that_is_refused_is_shown_below_its_conversation(browser, first, answers):
    response = browser.post_form("/", post="x" * 141, reply_to=str(first.id))

    assert response.status_code == 422
    assert bodies(response) == ["hello, first", "hello, one", "hello, two"]
    assert f"{'x' * 141}</textarea>" in response.text
    assert f'name="reply_to" value="{first.id}"' in response.text


# Pages of it


def test_answers_come_in_pages_and_each_is_on_the_page_that_its_link_opens(client, first, john):
    ids = insert_answers(first, john, 60)
    address = f"/post/{first.id}"

    seen, path = [], address
    while path:
        page = client.get(path)
        assert bodies(page)[0] == "hello, first"
        seen += bodies(page)[1:]
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        path = following and following[1]

    assert seen == [f"answer {n}" for n in range(60)]
    for number in (0, 24, 25, 59):
        page = client.get(f"/post/{ids[number]}")
        assert marked(page) == [f"answer {number}"]
        assert len(bodies(page)) <= 1 + PAGE
    assert bodies(client.get(f"{address}?after={first.id}")) == bodies(client.get(address))


def test_one_goes_back_as_well(client, first, john):
    insert_answers(first, john, 60)

    page, seen = client.get(f"/post/{first.id}?after={2**60}"), []
    while before := re.search(r'rel="prev" href="([^"]+)"', page.text):
        page = client.get(before[1])
        seen = bodies(page)[1:] + seen

    assert seen == [f"answer {n}" for n in range(60)]


@pytest.mark.parametrize("query", ["after=0", "after=x", "before=0", "before=x&after=y", f"after={'9' * 30}"])
def test_no_cursor_breaks_the_page(client, first, answers, query):
    page = client.get(f"/post/{first.id}?{query}")

    assert page.status_code == 200
    assert bodies(page)[0] == "hello, first"


# What is not there


def test_a_deleted_post_leaves_a_line_while_answers_remain(client, first, answers, john, june):
    one, two = answers
    address = f"/post/{first.id}"

    accounts.delete(john)
    page = client.get(address)
    assert bodies(page) == ["hello, first", "hello, two"]
    assert page.text.index("hello, first") < page.text.index("was deleted") < page.text.index("hello, two")
    middle = client.get(f"/post/{one.id}")
    assert (middle.status_code, bodies(middle)) == (200, ["hello, first", "hello, two"])
    assert re.search(r'aria-current="true">.*?This post was deleted\.', middle.text)

    first.delete_instance()
    page = client.get(address)
    assert (page.status_code, bodies(page)) == (200, ["hello, two"])
    assert page.text.count("This post was deleted.") == 2

    two.delete_instance()
    assert [client.get(f"/post/{post.id}").status_code for post in (first, one, two)] == [404] * 3


GOING = {
    "deleted": (lambda first, _susan: first.delete_instance(), "This post was deleted."),
    "gone": (lambda first, _susan: accounts.delete(first.author), "This post was deleted."),
    "suspended": (lambda first, _susan: accounts.suspend(first.author, by="mary"), "not shown to you"),
    "blocked": (lambda first, susan: Block.add(susan, first.author), "not shown to you"),
    "blocking": (lambda first, susan: Block.add(first.author, susan), "not shown to you"),
}


@pytest.mark.parametrize(("go", "words"), GOING.values(), ids=GOING)
def test_nothing_is_left_of_who_is_not_there(browser, susan, june, john, first, go, words):
    answer = Post.answer(first.id, author=john, body="hello, one")
    gone = Post.answer(answer.id, author=june, body="hello, two")
    susan.follow(john)
    go(first, susan)
    if go is GOING["deleted"][0]:
        gone.delete_instance()

    for path in (f"/post/{first.id}", f"/post/{answer.id}"):
        page = browser.get(path)
        assert (page.status_code, bodies(page)) == (200, ["hello, one"])
        assert words in page.text
        assert "june" not in page.text
    for path in ("/", "/explore", "/user/john"):
        page = browser.get(path)
        assert bodies(page) == ["hello, one"]
        assert "answering somebody" in page.text
        assert "june" not in page.text
        # June's own answer is none for susan.
        assert links(page) == ["Answer"]
    assert browser.get(f"/post/{gone.id}").status_code == 404


def test_across_a_block_third_parties_see_both(client, june, john, first, answers):
    Block.add(june, john)

    assert bodies(client.get(f"/post/{first.id}")) == ["hello, first", "hello, one", "hello, two"]
    assert links(client.get("/explore")) == ["1 answer", "2 answers"]


# Lists


@pytest.mark.parametrize("path", LISTS)
def test_every_list_says_how_many_answers_a_post_has(browser, june, susan, first, answers, path):
    answers[1].delete_instance()
    Post.answer(answers[0].id, author=susan, body="mine")
    other = Post.create(author=june, body="hello, other")

    page = browser.get(path).text

    assert f'<a href="/post/{first.id}">2 answers</a>' in page
    assert f'<a href="/post/{other.id}#post">Answer</a>' in page


@pytest.mark.parametrize("path", LISTS)
def test_every_list_says_whom_an_answer_is_to_and_leads_there(browser, john, susan, first, answers, path):
    susan.follow(john)
    page = browser.get(path).text

    assert f'<a class="u-in-reply-to" href="/post/{answers[0].id}">answering john</a>' in page


def test_a_list_takes_one_query_for_the_answers_of_all_its_posts(susan, first, answers, queries):
    posts = list(Post.visible_to(susan))
    queries.clear()

    tell(posts, susan)

    assert len(queries) == 1
    assert [(post.answer_count, post.answered) for post in posts] == [(0, "john"), (1, "june"), (2, None)]


def test_a_conversation_takes_as_many_queries_however_many_answers_there_are(browser, first, john, queries):
    counts = []
    for more in (1, 29):
        insert_answers(first, john, more)
        queries.clear()
        browser.get(f"/post/{first.id}")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_what_was_told_of_a_post_that_goes_meanwhile_is_nothing(susan, first):
    posts = list(Post.visible_to(susan))
    first.delete_instance()

    assert [(post.answer_count, post.answered) for post in tell(posts, susan)] == [(0, None)]


def test_more_answers_than_are_counted_are_said_to_be_more(client, first, john):
    insert_answers(first, john, COUNTED + 1)

    assert links(client.get(f"/post/{first.id}"))[0] == "more than 999 answers"


# Costs


def test_a_page_of_answers_is_searched_in_their_order(susan, plan):
    answers = Conversation(5, susan).answers
    for cut in (slices.oldest(answers, 7, 26), slices.newest(answers, 7, None, 26)):
        steps = plan(cut)
        assert any(
            step.startswith("SEARCH t1 USING INDEX post_conversation (conversation=? AND rowid")
            for step in steps
        )
        assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN")]


def test_what_a_list_tells_is_searched_by_index(first, susan, queries, plan):
    tell([first], susan)
    [sql] = queries
    steps = plan(sql.replace("?", "1"))

    assert "SEARCH t2 USING INDEX post_conversation (conversation=?)" in steps
    assert "SEARCH t6 USING INDEX post_reply_to (reply_to=?)" in steps
    assert not [step for step in steps if step.startswith("SCAN t") and step != "SCAN t10"]


# Programs


def test_answers_say_what_they_answer_to_programs(client, first, answers):
    page = client.get(f"/post/{first.id}")

    entries = mf2py.parse(doc=page.text, url="http://localhost/", html_parser="html5lib")["items"]

    assert [entry["type"] for entry in entries] == [["h-entry"]] * 3
    targets = [entry["properties"].get("in-reply-to") for entry in entries]
    assert targets == [None, *([f"http://localhost/post/{post.id}"] for post in (first, answers[0]))]


def test_the_feeds_say_what_an_answer_answers(client, first, answers):
    atom, items = client.get("/feed.atom").text, json.loads(client.get("/feed.json").text)["items"]

    assert 'xmlns:thr="http://purl.org/syndication/thread/1.0"' in atom
    found = re.findall(r'<thr:in-reply-to href="([^"]+)" ref="([^"]+)" type="text/html"', atom)
    addresses = [f"http://localhost/post/{post.id}" for post in (answers[0], first)]
    assert found == [(address, address) for address in addresses]
    assert [item.get("_microblog") for item in items] == [
        {"reply_to": address, "conversation": addresses[1]} for address in addresses
    ] + [None]

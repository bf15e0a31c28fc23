import itertools

import pytest

from microblog.base import clock, slices
from microblog.base.clock import in_microseconds
from microblog.base.database import db
from microblog.models import Block, Post, people
from microblog.models.people import MOST_WORDS, ByFollowed, ByFollower, ByLastPost
from tests.conftest import make_user

CROWD = 300


def names(found):
    return [person.username for person in found]


@pytest.fixture
def crowd(susan):
    """Three hundred people, every second of whom has written once and follows susan, who follows them."""
    first = susan.id + 1
    ids = range(first, first + CROWD)
    db.connection().executemany(
        "INSERT INTO user (id, username, email, email_key, password_hash, about_me, is_admin, created_at)"
        " VALUES (?, ?, ?, ?, 'hash', '', 0, '2026-01-01 00:00:00.000000')",
        ((i, f"one{i}", f"{i}@example.org", f"{i}@example.org") for i in ids),
    )
    now = in_microseconds(clock.now())
    db.connection().executemany(
        "INSERT INTO post (id, author_id, body) VALUES (?, ?, 'x')", ((now - i, i) for i in ids[::2])
    )
    db.connection().executemany("INSERT INTO follow VALUES (?, ?)", ((i, susan.id) for i in ids[::2]))
    db.connection().executemany("INSERT INTO follow VALUES (?, ?)", ((susan.id, i) for i in ids[::2]))
    return ids


def test_who_wrote_last_stands_first_and_who_never_did_after_all(susan, john, write_posts):
    mary, anne = make_user("mary"), make_user("anne")
    write_posts(john, "first")
    write_posts(susan, "second")
    [third] = write_posts(john, "third")
    assert names(people.everybody(susan)) == ["john", "susan", "anne", "mary"]

    third.delete_instance()
    assert names(people.everybody(susan)) == ["susan", "john", "anne", "mary"]
    Post.delete().execute()
    assert names(people.everybody(susan)) == ["anne", "mary", "john", "susan"]
    Post.create(author=mary, body="of long ago", id=in_microseconds(clock.now()) - 10**12)
    assert names(people.everybody(susan)) == ["mary", "anne", "john", "susan"]
    Post.update(author=anne).execute()


LISTS = {
    "everybody": (people.everybody, ByLastPost),
    "followers": (lambda reader: people.followers_of(reader, reader), ByFollower),
    "following": (lambda reader: people.followed_by(reader, reader), ByFollowed),
}


@pytest.mark.parametrize("name", LISTS)
def test_no_page_of_hundreds_reads_more_than_itself(crowd, susan, plan, name):
    """By the order of an index, from the cursor on: nothing is sorted, and no table is read as a whole."""
    listed, by = LISTS[name]
    for cut in (slices.newest(listed(susan), 10**17, None, 26, by), slices.oldest(listed(susan), 1, 26, by)):
        steps = plan(cut)
        [walk] = [
            step for step in steps if step.startswith("SEARCH") and ("<expr>" in step or "follow" in step)
        ][:1]
        assert "user_by_last_post" in walk or "follow" in walk
        assert not any("TEMP B-TREE" in step for step in steps), steps
        assert not [step for step in steps if step.startswith("SCAN") and "user_suspended" not in step], steps


@pytest.mark.parametrize("name", LISTS)
def test_pages_by_cursor_show_everybody_once(crowd, susan, name):
    listed, by = LISTS[name]
    whole = [person.id for person in listed(susan)]
    seen, before = [], None
    while rows := list(slices.newest(listed(susan), before, None, 99, by)):
        seen += [person.id for person in rows]
        before = getattr(rows[-1], by.place)

    assert seen == whole
    assert len(seen) == {"everybody": CROWD + 1}.get(name, CROWD / 2)


def test_names_are_found_by_their_beginnings_in_any_case(susan, john):
    for name in ("Anne", "ann_e"):
        make_user(name)

    found = lambda query: names(people.found(query, susan))  # noqa: E731
    assert found("ANN") == ["ann_e", "Anne"]
    assert found("@anne") == ["Anne"]
    assert found("ann%") == found("_") == found("%") == found("") == found("安妮") == []
    assert found("ann_") == ["ann_e"]
    assert found("ｊｏｈｎ tea anne") == ["john", "Anne"]
    assert found("john " * 9) == ["john"]
    assert found(" ".join([*"xyz"[:MOST_WORDS], "john"])) == []


def test_few_are_found_among_many_of_a_name(crowd, susan, plan):
    assert len(people.found("one", susan)) == people.SHOWN
    steps = plan(people._first_of(people._seen_by(people._names_between("one", "one{"), susan, False), 5))
    assert not any("TEMP B-TREE" in step for step in steps), steps


@pytest.mark.parametrize("who", ["suspended", "blocked by the reader", "blocks the reader"])
def test_nobody_is_listed_whom_the_reader_may_not_see(susan, john, who):
    mary = make_user("mary")
    susan.follow(mary)
    mary.follow(susan)
    john.follow(mary)
    mary.follow(john)
    admin = make_user("boss", is_admin=True)
    if who == "suspended":
        mary.suspend()
    else:
        pair = (susan, mary) if who == "blocked by the reader" else (mary, susan)
        Block.add(*pair)

    lists = [
        people.everybody(susan),
        people.followers_of(susan, susan),
        people.followed_by(susan, susan),
        people.followers_of(john, susan),
        people.followed_by(john, susan),
        people.found("mary", susan),
    ]
    assert "mary" not in itertools.chain.from_iterable(map(names, lists))
    assert ("mary" in names(people.everybody(admin))) == (who != "suspended")


def test_a_list_says_whom_the_reader_follows(susan, john):
    susan.follow(john)

    assert {person.username: bool(person.is_followed) for person in people.everybody(susan)} == {
        "susan": False,
        "john": True,
    }
    assert not any(person.is_followed for person in people.everybody(john))

"""Threads of messages: what each side sees and deletes, and what a page of them costs."""

from itertools import product

import pytest

from microblog.base import slices
from microblog.base.database import db
from microblog.models import Block, Message, Thread
from microblog.models.news import unread_and_cursor
from tests.conftest import make_user

MANY = 1_000


@pytest.fixture
def third(app):
    return make_user("third")


def bodies(messages):
    return [message.body for message in messages]


def threads(user):
    return [(last.other.username, last.body, last.unread) for last in Message.threads(user)]


def say(*said):
    """The messages of *said*, tuples of a sender, a recipient and a text."""
    return [Message.send(*each) for each in said]


def test_a_thread_is_what_two_people_wrote_to_each_other_and_nothing_else(susan, john, third):
    say((john, susan, "one"), (susan, john, "two"), (third, susan, "else"), (third, john, "more"))

    assert bodies(Message.between(susan, john)) == bodies(Message.between(john, susan)) == ["two", "one"]


def test_the_threads_come_newest_first_with_what_is_unread(susan, john, third):
    say((john, susan, "one"), (third, susan, "two"), (third, susan, "three"), (susan, john, "four"))

    assert threads(susan) == [("john", "four", 1), ("third", "three", 2)]
    assert threads(john) == [("susan", "four", 1)]


def test_reading_one_persons_messages_leaves_the_others_unread(susan, john, third):
    first, *_others, last = say(
        (john, susan, "one"), (third, susan, "two"), (susan, john, "three"), (john, susan, "four")
    )

    Message.mark_read(susan, john, first.id)
    assert threads(susan) == [("john", "four", 1), ("third", "two", 1)]
    Message.mark_read(susan, john, last.id)
    assert threads(susan) == [("john", "four", 0), ("third", "two", 1)]
    assert threads(john) == [("susan", "four", 1)]


def test_a_side_that_is_deleted_is_gone_everywhere_and_the_other_side_stays(susan, john, third):
    *_others, last = say((john, susan, "one"), (third, susan, "two"), (susan, john, "three"))

    Message.delete_thread(susan, john, last.id)

    assert threads(susan) == [("third", "two", 1)]
    assert list(Message.between(susan, john)) == list(Message.sent(susan)) == []
    assert bodies(Message.inbox(susan)) == ["two"]
    assert unread_and_cursor(susan)[0] == 1
    assert bodies(Message.between(john, susan)) == ["three", "one"]
    assert (bodies(Message.inbox(john)), bodies(Message.sent(john))) == (["three"], ["one"])


def test_a_thread_goes_on_after_it_was_deleted(susan, john):
    *_others, last = say((john, susan, "one"), (susan, john, "two"))
    Message.delete_thread(susan, john, last.id)

    say((john, susan, "three"))

    assert threads(susan) == [("john", "three", 1)]
    assert bodies(Message.between(susan, john)) == ["three"]
    assert bodies(Message.between(john, susan)) == ["three", "two", "one"]


def test_what_came_after_the_page_was_drawn_is_not_deleted(susan, john):
    seen, _meanwhile = say((john, susan, "one"), (john, susan, "came meanwhile"))

    Message.delete_thread(susan, john, seen.id)

    assert threads(susan) == [("john", "came meanwhile", 1)]


def test_no_number_deletes_what_is_yet_to_come(susan, john):
    say((john, susan, "one"))
    Message.delete_thread(susan, john, 2**63 - 1)
    Message.delete_thread(susan, john, 2**63 - 1)

    say((john, susan, "two"))

    assert bodies(Message.between(susan, john)) == ["two"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_both_have_deleted_is_gone_with_every_trace_of_it(susan, john, third, order):
    *_others, last = say((john, susan, "one"), (susan, john, "two"))
    say((john, third, "else"))
    sides = [(susan, john), (john, susan)]

    for number in order:
        Message.delete_thread(*sides[number], last.id)

    assert bodies(Message.select()) == ["else"]
    assert {(each.owner_id, each.other_id) for each in Thread.select()} == {
        (john.id, third.id),
        (third.id, john.id),
    }


def test_of_what_both_deleted_in_part_the_common_part_is_gone(susan, john):
    first, second, _third = say((john, susan, "one"), (susan, john, "two"), (john, susan, "three"))

    Message.delete_thread(susan, john, second.id)
    Message.delete_thread(john, susan, first.id)

    assert bodies(Message.select().order_by(Message.id)) == ["two", "three"]
    assert bodies(Message.between(susan, john)) == ["three"]
    assert bodies(Message.between(john, susan)) == ["three", "two"]


def test_notes_to_oneself_are_a_thread_with_one_side(susan, john):
    *_others, last = say((susan, susan, "one"), (john, susan, "else"), (susan, susan, "two"))
    assert threads(susan) == [("susan", "two", 2), ("john", "else", 1)]

    Message.delete_thread(susan, susan, last.id)

    assert bodies(Message.select()) == ["else"]


def test_a_thread_with_a_blocked_person_comes_back_when_the_block_is_lifted(susan, john):
    *_others, last = say((john, susan, "one"), (susan, john, "two"))
    Block.add(susan, john)

    Message.mark_read(susan, john, last.id)
    assert threads(susan) == list(Message.between(susan, john)) == []
    assert threads(john) == [("susan", "two", 1)]

    Block.remove(susan, john)
    assert threads(susan) == [("john", "two", 1)]


def test_whoever_leaves_takes_the_threads_along(susan, john, third):
    say((john, susan, "one"), (third, susan, "two"))
    Message.delete_all_from(john)
    john.delete_instance()

    assert threads(susan) == [("third", "two", 1)]
    assert Thread.select().count() == 2


def test_a_deleted_message_is_the_last_one_of_no_thread(susan, john):
    one, two = say((john, susan, "one"), (susan, john, "two"))

    two.delete_instance()
    assert (threads(susan), threads(john)) == ([("john", "one", 1)], [("susan", "one", 0)])
    one.delete_instance()
    assert not Thread.select().exists()


# Speed


def fill(people, messages):
    """*messages* messages between the first of *people* and each other one, alternately."""
    first, *others = people
    rows = (
        (*pair[:: 1 if number % 2 else -1], "hello", "2026-01-01 00:00:00", None)
        for number, pair in product(range(messages), [(first, other) for other in others])
    )
    db.connection().executemany(
        "INSERT INTO message (sender_id, recipient_id, body, timestamp, read_at) VALUES (?, ?, ?, ?, ?)", rows
    )


@pytest.fixture
def work(app):
    """A function that returns how many of SQLite's own steps, in tens, a prepared query takes."""

    def work(query):
        connection, taken = db.connection(), []
        connection.set_progress_handler(lambda: taken.append(1), 10)
        try:
            connection.execute(*query.sql()).fetchall()
        finally:
            connection.set_progress_handler(None, 0)
        return len(taken)

    return work


def depths(query, by=None):
    """Its first page, one in the midst, and the last."""
    ids = [row.id for row in query]
    return [slices.newest(query, before, None, 26, by) for before in (None, ids[len(ids) // 2], ids[-20])]


def test_a_page_of_a_thousand_messages_costs_the_same_at_any_depth(susan, john, work):
    fill([susan.id, john.id], 100)
    short = work(slices.newest(Message.between(susan, john), None, None, 26))
    fill([susan.id, john.id], MANY)

    assert max(map(work, depths(Message.between(susan, john)))) <= 2 * short


def test_a_page_of_a_thousand_threads_costs_the_same_at_any_depth(susan, work):
    def crowd(count):
        first = susan.id + 1 + len(Message.select())
        rows = [(n, f"person{n}", f"{n}@x", f"{n}@x", "", "", 0, "") for n in range(first, first + count)]
        db.connection().executemany(
            "INSERT INTO user (id, username, email, email_key, password_hash, about_me, is_admin, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        fill([susan.id, *(row[0] for row in rows)], 1)

    crowd(100)
    short = work(slices.newest(Message.threads(susan), None, None, 26, Thread))
    crowd(MANY)

    assert max(map(work, depths(Message.threads(susan), Thread))) <= 2 * short


def test_what_was_deleted_costs_a_thread_nothing(susan, john, work):
    fill([susan.id, john.id], 100)
    short = work(slices.newest(Message.between(susan, john), None, None, 26))
    fill([susan.id, john.id], MANY)
    last = Message.between(susan, john).first()
    Message.delete_thread(susan, john, last.id)
    fill([susan.id, john.id], 5)

    assert work(slices.newest(Message.between(susan, john), None, None, 26)) <= short


def test_a_page_of_a_thread_is_read_from_an_index_in_its_order(susan, john, plan):
    steps = plan(slices.newest(Message.between(susan, john), 1000, None, 26))

    assert "SEARCH t1 USING INDEX message_between (<expr>=? AND <expr>=? AND rowid>? AND rowid<?)" in steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_a_page_of_threads_is_read_from_an_index_in_its_order(susan, plan):
    steps = plan(slices.newest(Message.threads(susan), 1000, None, 26, Thread))

    assert "SEARCH t4 USING COVERING INDEX thread_newest (owner_id=? AND newest<?)" in steps
    # The unread ones of each thread.
    assert "SEARCH t3 USING INDEX message_unread (recipient_id=? AND sender_id=?)" in steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps

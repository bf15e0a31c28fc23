import pytest
from peewee import IntegrityError

from microblog.base import slices
from microblog.models import Block, Message, Notification
from microblog.models.news import unread_and_cursor


def unread(user):
    [news] = Notification.since(user, 0)
    return news.data


def test_a_message_tells_its_recipient_how_many_are_unread(susan, john):
    Message.send(john, susan, "one")
    Message.send(john, susan, "two")

    assert unread(susan) == 2
    assert list(Notification.since(john, 0)) == []


def test_only_those_that_were_shown_are_marked_read(susan, john):
    messages = [Message.send(john, susan, body) for body in ("one", "two", "three")]

    Message.mark_read(susan, john, messages[1].id)

    assert unread(susan) == 1
    assert [message.body for message in Message.inbox(susan) if not message.read_at] == ["three"]


def test_a_message_can_be_marked_alone(susan, john):
    _one, two = [Message.send(john, susan, body) for body in ("one", "two")]

    two.mark_alone(susan)

    assert unread(susan) == 1
    assert [message.body for message in Message.inbox(susan) if not message.read_at] == ["one"]


def test_nobody_marks_what_is_in_another_inbox(susan, john):
    message = Message.send(john, susan, "one")

    Message.mark_read(john, susan, message.id)

    assert Message.inbox(susan).first().read_at is None


def test_messages_of_blocked_people_are_neither_shown_nor_counted_until_the_block_is_lifted(susan, john):
    Message.send(john, susan, "one")
    Block.add(susan, john)
    assert list(Message.inbox(susan)) == []
    assert unread_and_cursor(susan)[0] == 0

    Block.remove(susan, john)
    assert unread_and_cursor(susan)[0] == 1


def test_who_is_blocked_keeps_what_they_were_sent(susan, john):
    Message.send(john, susan, "one")
    Block.add(john, susan)

    assert [message.body for message in Message.inbox(susan)] == ["one"]


def test_the_news_are_the_number_and_the_cursor_of_the_same_moment(susan, john):
    assert unread_and_cursor(susan) == (0, 0, 0)
    Message.send(john, susan, "one")

    assert unread_and_cursor(susan) == (1, 0, Notification.newest(susan).scalar())


@pytest.mark.parametrize("body", ["", "x" * 141])
def test_the_database_refuses_what_is_too_short_or_too_long(susan, john, body):
    with pytest.raises(IntegrityError):
        Message.send(susan, john, body)

    assert list(Notification.since(john, 0)) == []


@pytest.mark.parametrize(("box", "index"), [("inbox", "recipient"), ("sent", "sender")])
def test_a_page_of_messages_is_read_from_an_index_in_its_order(susan, plan, box, index):
    steps = plan(slices.newest(getattr(Message, box)(susan), 1000, None, 26))

    assert f"SEARCH t1 USING INDEX message_{index}_id ({index}_id=? AND rowid<?)" in steps
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps


def test_the_unread_are_counted_from_an_index_of_them_alone(susan, plan):
    steps = plan(Message.unread(susan))

    assert "SEARCH t1 USING INDEX message_unread (recipient_id=?)" in steps

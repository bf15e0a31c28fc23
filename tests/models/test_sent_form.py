import pytest

from microblog.models import Post, SentForm
from microblog.models import sent_form as module
from microblog.models.exceptions import SentAlready


def send(user, token, *said):
    with SentForm.once(user, token, *said):
        return Post.create(author=user, body=said[0])


def test_the_same_form_with_the_same_text_is_sent_once(susan, john):
    send(susan, "a", "hello")

    with pytest.raises(SentAlready):
        send(susan, "a", "hello")
    for user, token, *said in [(susan, "b", "hello"), (susan, "a", "other"), (john, "a", "hello")]:
        send(user, token, *said)
    assert Post.select().count() == 4


def test_without_a_token_nothing_is_a_repetition(susan):
    for token in ("", None, ""):
        send(susan, token, "hello")

    assert Post.select().count() == 3
    assert not SentForm.select().exists()


def test_what_was_refused_may_come_again(susan):
    with pytest.raises(ZeroDivisionError), SentForm.once(susan, "a", "hello"):
        raise ZeroDivisionError

    send(susan, "a", "hello")


def test_only_the_latest_are_kept(susan, john, monkeypatch, later):
    monkeypatch.setattr(module, "KEPT", 3)
    send(john, "a", "hello")
    for number in range(5):
        later(seconds=number)
        send(susan, "a", str(number))

    with pytest.raises(SentAlready):
        send(susan, "a", "2")
    send(susan, "a", "1")
    assert SentForm.select().where(SentForm.user == susan).count() == 3
    assert SentForm.select().where(SentForm.user == john).count() == 1

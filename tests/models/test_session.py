import pytest

from microblog.base import clock
from microblog.models import Session, User
from microblog.models.session import MOST
from microblog.security import security_log


@pytest.mark.asvs("7.2.1", "7.2.2", "7.2.3")
def test_the_token_itself_is_not_stored(susan):
    session, token = Session.start(susan, False, "")

    assert token not in str(Session.select().dicts().get())
    assert Session.from_token(token) == session


@pytest.mark.asvs("7.2.1", "7.2.2", "7.2.3")
def test_an_unknown_token_is_nobody(susan):
    assert Session.from_token("made up") is None


@pytest.mark.parametrize(
    ("remembered", "span", "alive"),
    [
        (False, {"hours": 23}, True),
        (False, {"hours": 25}, False),
        (True, {"days": 29}, True),
        (True, {"days": 31}, False),
    ],
)
def test_unused_sessions_end(susan, later, remembered, span, alive):
    _session, token = Session.start(susan, remembered, "")
    later(**span)

    assert (Session.from_token(token) is not None) is alive


def test_every_session_ends_after_ninety_days(susan, later):
    _session, token = Session.start(susan, True, "")
    later(days=91)
    Session.update(seen_at=clock.now()).execute()

    assert Session.from_token(token) is None


def test_seen_is_written_at_most_once_a_minute(susan, later):
    session, token = Session.start(susan, False, "")
    first = session.seen_at

    later(seconds=59)
    Session.from_token(token).touch()
    assert Session.from_token(token).seen_at == first
    later(seconds=61)
    Session.from_token(token).touch()
    assert Session.from_token(token).seen_at == clock.now()


def test_the_user_keeps_when_they_were_seen_although_the_session_ends(susan, later):
    session, token = Session.start(susan, False, "")
    assert User.named("susan").seen_at == session.seen_at

    later(minutes=5)
    Session.from_token(token).touch()
    session.delete_instance()

    assert User.named("susan").seen_at == clock.now()


def tokens_of(user, number):
    return [Session.start(user, True, f"browser {each}")[1] for each in range(number)]


def alive(tokens):
    return [token for token in tokens if Session.from_token(token)]


@pytest.mark.asvs("7.1.2")
def test_of_fifty_sessions_the_least_recently_seen_ends_for_the_next(susan, john, later):
    first, second, *others = tokens_of(susan, MOST)
    johns = tokens_of(john, 2)
    later(minutes=5)
    Session.from_token(first).touch()

    _session, token = Session.start(susan, False, "")

    assert alive([first, second, *others, token]) == [first, *others, token]
    assert alive(johns) == johns
    assert Session.active_for(susan).count() == MOST
    assert security_log.latest(1)[0].text == "oldest-sessions-ended user=susan number=1"


def test_a_new_session_stays_though_the_clock_was_set_back(susan, later):
    later(days=1)
    tokens_of(susan, MOST)
    later(days=0)

    _session, token = Session.start(susan, False, "")

    assert Session.from_token(token)


def test_of_a_thousand_from_an_earlier_version_fifty_are_listed_and_stay(susan):
    rows = [{"user": susan, "token_hash": str(each)} for each in range(1000)]
    Session.insert_many(rows).execute()
    assert len(Session.active_for(susan)) == MOST

    Session.start(susan, False, "")

    assert Session.select().where(Session.user == susan).count() == MOST

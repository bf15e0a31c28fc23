"""Prepared queries do what Peewee does with the same description, whatever is asked for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from peewee import SQL, IntegrityError, SqliteDatabase, fn

from microblog.base import clock
from microblog.base.database import db
from microblog.base.prepared import prepared, update
from microblog.models import Message, Notification, OneTimeToken, Post, Session, User
from microblog.models.one_time_token import INVITE

MOMENT = datetime(2026, 5, 4, 3, 2, 1, 500, tzinfo=UTC)


@prepared
def named(username):
    return User.select().where(User.username == username)


@prepared
def messages_by(author, since):
    senders = Message.select(Message, User).join(User, on=Message.sender)
    return senders.where(Message.sender == author, Message.timestamp >= since)


@prepared
def inbox(recipient):
    senders = Message.select(Message, User).join(User, on=Message.sender)
    return senders.where(Message.recipient == recipient).order_by(Message.id.desc())


@prepared
def both(recipient):
    other = User.alias()
    return (
        Message.select(Message, User, other)
        .join_from(Message, User, on=Message.sender)
        .join_from(Message, other, on=(Message.recipient == other.id), attr="reader")
        .where(Message.recipient == recipient)
    )


@prepared
def invitations(kind):
    return OneTimeToken.select(OneTimeToken, User).left_outer_join(User).where(OneTimeToken.kind == kind)


@prepared
def sizes(shortest):
    size = fn.LENGTH(Post.body)
    return Post.select(Post.id, size.alias("size"), User.id, User.username).join(User).where(size > shortest)


@prepared
def of_people(admins):
    people = User.select(User.id, User.username, User.is_admin, User.created_at).order_by(User.id)
    return people.where(User.is_admin) if admins else people


@prepared
def first_of(query, most):
    return query.limit(most)


@prepared
def with_language(language):
    return User.select().where(User.language == language)


@prepared
def notified(name, data, moment):
    return Notification.update(
        data=data.into(Notification.data), timestamp=moment.into(Notification.timestamp)
    ).where(Notification.name == name)


@pytest.fixture
def people(susan, john, write_posts):
    write_posts(susan, "one", "three", "eleven")
    write_posts(john, "two")
    for body in ("hello", "again"):
        Message.send(susan, john, body)
    Message.send(john, john, "to myself")
    OneTimeToken.issue(INVITE)
    OneTimeToken.issue(INVITE, susan)
    return susan, john


def whole(rows):
    """All that is known of *rows*, instances, and of the instances that they hold."""
    return [_whole(row) for row in rows]


def _whole(row):
    others = {name: value for name, value in vars(row).items() if name not in ("__rel__", "session", "token")}
    joined = {name: other and _whole(other) for name, other in row.__rel__.items()}
    return {name: _whole(v) if isinstance(v, User) else v for name, v in others.items()} | {"joined": joined}


def test_rows_are_those_of_peewee(people, queries):
    susan, john = people
    for query in (
        named("SUSAN"),
        named("nobody"),
        messages_by(susan, clock.now() - timedelta(1)),
        messages_by(susan.id, clock.now() + timedelta(1)),
        inbox(john),
        both(john),
        invitations(INVITE),
        of_people(True),
        of_people(False),
        first_of(of_people(None), 1),
        first_of(first_of(inbox(john), 5), 2),
        with_language(None),
        with_language("es"),
    ):
        del queries[:]
        rows, again, expected = whole(query), whole(query), whole(query.query)
        assert rows == again == expected
        assert len({sql.replace("(? + 0)", "?") for sql in queries}) == 1, "another text"
        assert whole(filter(None, [query.first()])) == expected[:1]
        assert query.exists() is bool(expected)


def test_tuples_are_those_of_peewee(people):
    susan, _john = people
    for query in (of_people(False), messages_by(susan, MOMENT), invitations(INVITE)):
        expected = list(query.query.tuples())
        assert query.tuples() == expected
        assert query.scalar() == expected[0][0]
    assert named("nobody").scalar() is None


def test_a_column_that_is_no_field_is_what_sqlite_returns(people):
    susan, _john = people

    eleven = Post.get(body="eleven")
    assert sizes(5).tuples() == [(eleven.id, 6, susan.id, "susan")]
    assert [(row.size, row.author.username) for row in sizes(5)] == [(6, "susan")]


def test_rows_that_join_the_same_row_share_it(people):
    _susan, john = people

    _own, second, first = inbox(john)

    assert first.sender is second.sender


def test_instances_are_not_changed_until_somebody_changes_them(people):
    [susan] = named("susan")

    assert not susan.is_dirty()
    susan.about_me = "I"
    assert susan.dirty_fields == [User.about_me]


def test_values_are_stored_as_peewee_stores_them(people):
    susan, _john = people
    for data in ({"a": [1, None, "ü'"]}, 5, "text", []):
        Notification.push(susan, "n", 0)
        elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-5)))
        assert notified("n", data, elsewhere).execute() == 1
        [row] = Notification.select().where(Notification.name == "n")
        stored = db.execute_sql("SELECT data, timestamp FROM notification WHERE id = ?", (row.id,)).fetchone()
        Notification.update(data=data, timestamp=elsewhere).where(Notification.id == row.id).execute()
        assert (
            stored
            == db.execute_sql("SELECT data, timestamp FROM notification WHERE id = ?", (row.id,)).fetchone()
        )
        assert (row.data, row.timestamp) == (data, MOMENT)


def test_create_stores_what_peewee_stores(people):
    susan, john = people
    values = {"user": susan, "data": {"ü": None}, "timestamp": MOMENT, "key": "k"}
    ours = Notification.create(name="ours", **values)
    theirs = Notification(name="theirs", **values)
    theirs.save(force_insert=True)
    same = "SELECT user_id, data, typeof(data), timestamp, key FROM notification WHERE id = ?"

    assert theirs.id == ours.id + 1
    assert len({db.execute_sql(same, (row.id,)).fetchone() for row in (ours, theirs)}) == 1
    assert whole([Notification.get_by_id(ours.id)]) == [_whole(ours) | {"joined": {}}]
    assert not ours.is_dirty()
    loud = Message.create(sender=susan, recipient=john, body=fn.UPPER("loud"))
    assert Message.get_by_id(loud.id).body == "LOUD"


def test_create_is_refused_as_by_peewee(susan):
    with pytest.raises(IntegrityError, match="length"):
        Post.create(author=susan, body="")
    with pytest.raises(IntegrityError, match="NOT NULL"):
        Post.create(author=susan)


def test_update_changes_the_rows_that_are_as_it_says(people):
    susan, john = people
    values = {"language": "es", "seen_at": MOMENT}

    assert update(User, values, where={"id": susan.id, "language": "zh"}) == 0
    assert update(User, values, where={"id": susan.id, "language": None}) == 1
    assert update(User, {"language": None}, where={"language": "es", "seen_at": MOMENT}) == 1
    assert [(user.id, user.language, user.seen_at) for user in User.select().order_by(User.id)] == [
        (susan.id, None, MOMENT),
        (john.id, None, None),
    ]


def test_the_text_is_of_no_file(susan, tmp_path):
    assert named("susan").exists()

    other = SqliteDatabase(str(tmp_path / "other.db"))
    with other.bind_ctx([User]):
        User.create_table()
        assert not named("susan").exists()
    other.close()

    assert named("susan").exists()


def test_the_text_outlives_a_migration(susan):
    assert named("susan").first() == susan

    with db.atomic() as transaction:
        db.execute_sql("ALTER TABLE user ADD COLUMN more DEFAULT 5")
        db.execute_sql("ALTER TABLE user RENAME COLUMN about_me TO about")
        db.execute_sql("ALTER TABLE user RENAME COLUMN about TO about_me")
        assert named("susan").first().about_me == ""
        transaction.rollback()

    assert named("susan").first() == susan


def test_a_row_that_is_read_keeps_no_snapshot(people):
    Post.select()
    assert messages_by(people[0], MOMENT - timedelta(9999)).first()

    # It would be refused while a query that was begun is not at its end.
    db.execute_sql("VACUUM")


@prepared
def seen_lately():
    return Session.select().where(Session.seen_at > clock.now())


def test_what_changes_has_to_be_an_argument(app):
    with pytest.raises(TypeError, match="same each time"):
        list(seen_lately())


@prepared
def undecided(most):
    return User.select().limit(1 if most else 2)


def test_a_query_cannot_decide_by_a_value(app):
    with pytest.raises(TypeError, match="decides by"):
        list(undecided(3))


@prepared
def forgetful(moment):
    return User.update(seen_at=moment)


@pytest.mark.parametrize("value", [MOMENT, [1, 2], {"a": 1}, (1, 2)])
def test_what_no_field_converts_is_refused(susan, value):
    with pytest.raises(TypeError, match="no field"):
        forgetful(value).execute()


@prepared
def one_of(value):
    return User.select(SQL("1")).where(User.id == value)


def test_a_row_stands_for_its_id(susan, john):
    assert one_of(susan).scalar() == one_of(john.id).scalar() == 1

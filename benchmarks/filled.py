"""A data folder with people, posts and all else that ``pages.py`` asks for, and who is signed in there."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from multiplied import multiply

from microblog import create_app
from microblog.base import clock, schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.demo import fill
from microblog.models import Message, Notification, Post, Session, Token, User
from microblog.security.signatures import serializer
from microblog.tables import TRIGGERS
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from microblog.tasks.task_lists import SHOWN_AFTER_END

FOLLOWS = 100
READERS = 50
MESSAGES = 30
BROWSERS = 1_000
SAMPLE = 2_000


@dataclass
class Person:
    """Somebody who is signed in, in a browser and with a program."""

    name: str
    session_cookie: tuple
    csrf_token: str
    api_token: str


@dataclass
class Filled:
    """What there is to ask for."""

    app: object
    people: list[Person]
    names: list[str]
    posts: list[int]

    @property
    def halfway(self):
        """The id of a post with as many older ones as newer ones."""
        return self.posts[len(self.posts) // 2]


def make(folder, options, port=8000, times=1):
    """
    Fill *folder*, and return what it is Filled with; the first of its people administers the site.

    There are *times* as many people and posts as *options* say.
    """
    app = create_app(Settings(data_dir=Path(folder), port=port, rate_limits=False, log_level="ERROR"))
    schema.migrate(TRIGGERS)
    with connected():
        fill(options.users, options.posts, min(FOLLOWS, options.users), seed=1)
        if times > 1:
            multiply(times)
        users = list(User.select().order_by(User.id).limit(BROWSERS))
        User.update(is_admin=True).where(User.id == users[0]).execute()
        with db.atomic():
            people = [_signed_in(app, user) for user in users]
            for user in users[:READERS]:
                for number in range(MESSAGES):
                    Message.send(users[-1 - number], user, f"Message {number}: the bread is good.")
        _add_tasks(options.tasks, users)
        _add_notifications(options.notifications, users[0])
        names = [name for (name,) in User.select(User.username).tuples()]
        site = Filled(app, people, names, _sample(options.posts * times))
    db.close_all()
    return site


def _signed_in(app, user):
    """*user* in a browser, with a session as signing in makes it: hashing 1,000 passwords takes long."""
    with user.as_checked():
        _row, token = Session.start(user, remembered=False, user_agent="benchmark")
    csrf = secrets.token_hex(16)
    session = {"_user_id": token, "_fresh": True, "csrf_token": csrf}
    signing = app.session_interface.get_signing_serializer(app)
    return Person(
        user.username,
        (app.session_interface.get_cookie_name(app), signing.dumps(session)),
        serializer([app.secret_key], "wtf-csrf-token").dumps(csrf),
        Token.issue(user, "benchmark")[1],
    )


def _sample(count):
    """Ids of ``SAMPLE`` posts, evenly spread over all *count* of them."""
    ids = Post.select(Post.id).order_by(Post.id).tuples().iterator()
    return [post_id for (post_id,) in islice(ids, 0, None, max(1, count // SAMPLE))]


def _add_tasks(count, users):
    """Copies of a task that has ended long ago, a second apart: no page shows a card of it."""
    at = clock.now() - SHOWN_AFTER_END - timedelta(seconds=count + 1)
    task = Task.create(
        name="example",
        description="Doing nothing...",
        user=users[0],
        state=SUCCEEDED,
        progress=100,
        created_at=at,
        finished_at=at,
    )
    moved = "strftime('%Y-%m-%d %H:%M:%S.000000', created_at, '+' || n || ' seconds')"
    _multiply(
        task,
        count,
        id="printf('%08d-0000-4000-8000-000000000000', n)",
        user_id=f"{users[0].id} + n % {len(users)}",
        created_at=moved,
        finished_at=moved,
    )


def _add_notifications(count, user):
    """Copies of one notification of *user*, each of a key of its own."""
    _multiply(Notification.push(user, "example", {}), count, id="id + n", key="n")


def _multiply(row, count, **columns):
    """Insert *count* copies of *row*; *columns* are SQL, with the number ``n`` of the copy from 1."""
    meta = row._meta
    names = [field.column_name for field in meta.sorted_fields]
    values = ", ".join(columns.get(name, f'"{name}"') for name in names)
    listed = '", "'.join(names)
    with db.atomic():
        db.execute_sql(
            f'INSERT INTO "{meta.table_name}" ("{listed}")'  # noqa: S608
            " WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ?)"
            f' SELECT {values} FROM "{meta.table_name}", copies WHERE id = ? AND ? > 0',
            (count, row.id, count),
        )

"""A database full of people who say things, for trials and measurements."""

import random
from datetime import timedelta

from microblog import clock
from microblog.auth import hash_password
from microblog.database import db
from microblog.models import Follow, Post, PostIndex, User

PASSWORD = "demo-password"  # noqa: S105 - a contract; such a site is refused under https
TEXT = """
    the export finished while I was making tea one file that opens in any browser this morning moved
    everything to a small server and went back to bed rain on the roof and a queue that never sleeps
    hoy probé escribir sin mirar el contador me sobraron tres letras 把 博客 的 导出 任务 交给 后台 之后
    页面 再也 不会 卡住 了 https://example.org/notes
"""
WORDS = TEXT.split()


class FilledAlready(RuntimeError):
    """There are demo users; to fill a second time would mix two trials."""


def fill(users, posts, follows, seed):
    """
    Insert *users* people, *posts* posts spread over them, and *follows* follows for each.

    The same *seed* gives the same. Posts end now and are a minute apart.

    Raises:
        FilledAlready: there are demo users.
    """
    if User.named("demo1"):
        raise FilledAlready("there are demo users already")
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    with db.atomic():
        ids = _add_users(users)
        _insert("follow", "follower_id, followed_id", _follows(ids, follows, chance))
        with PostIndex.in_bulk():
            _insert("post", "author_id, body, timestamp", _posts(ids, posts, chance))


def offered_to(user, settings):
    """Whether *user* may fill the site by a button: only once, and where nobody else can reach it."""
    return user.is_admin and settings.private and not User.named("demo1")


def show_to(user):
    """
    Fill the site with some people, and let *user* follow a few of them.

    Raises:
        FilledAlready: there are demo users.
    """
    with db.atomic():
        fill(users=12, posts=150, follows=4, seed=1)
        some = User.select(user.id, User.id).where(User.username.in_([f"demo{n}" for n in range(1, 6)]))
        Follow.insert_from(some, [Follow.follower, Follow.followed]).on_conflict_ignore().execute()


def _add_users(count):
    password_hash = hash_password(PASSWORD)
    first = (User.select(User.id).order_by(User.id.desc()).scalar() or 0) + 1
    now = _text(clock.now())
    names = ((first + index, f"demo{index + 1}") for index in range(count))
    rows = (
        (user_id, name, f"{name}@example.org", f"{name}@example.org", password_hash, "", False, now)
        for user_id, name in names
    )
    columns = "id, username, email, email_key, password_hash, about_me, is_admin, created_at"
    _insert("user", columns, rows)
    return range(first, first + count)


def _follows(ids, count, chance):
    for follower in ids:
        for followed in chance.sample(ids, min(count, len(ids))):
            if followed != follower:
                yield follower, followed


def _posts(ids, count, chance):
    began = clock.now() - timedelta(minutes=count)
    for number in range(count):
        body = " ".join(chance.choices(WORDS, k=chance.randint(2, 16)))[:140].rstrip()
        yield chance.choice(ids), body, _text(began + timedelta(minutes=number))


def _insert(table, columns, rows):
    # The driver's own executemany: a million rows by Peewee's insert_many take four times as long.
    marks = ", ".join("?" for _ in columns.split(", "))
    db.connection().executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)  # noqa: S608


def _text(moment):
    return Post.timestamp.db_value(moment)

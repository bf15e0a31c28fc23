"""Demo people, their posts and messages, to try out the site and to measure it."""

import random
from collections import deque
from datetime import timedelta
from itertools import chain, islice

from peewee import fn

from microblog import accounts
from microblog.base import clock
from microblog.base.clock import from_microseconds, in_microseconds
from microblog.base.database import db, execute_many
from microblog.demo import samples
from microblog.models import FormerName, Like, Message, Post, User
from microblog.models.exceptions import EmailTaken, UsernameTaken, translate_integrity_error
from microblog.models.post_id import EARLIEST, free_id
from microblog.security import security_log
from microblog.security.passwords import hash_password

PASSWORD = "demo-password"  # noqa: S105 - a contract; signs nobody in where others can reach the site
HOME = "demo.example.org"
HERE_FOR = timedelta(days=30)
MINUTE = timedelta(minutes=1)
BATCH = 5000
UNREAD_FOR = timedelta(hours=1)
FOLLOWS = 4
FOLLOWED = 5
# So many sentences apart somebody is mentioned.
MENTIONS_EVERY = 10
# And so many apart one of the few before is answered.
ANSWERS_EVERY = 3
FEW = 8
# How far back what is answered is remembered; the twelve answer within a day or so.
FURTHEST = 100
# How many of the latest posts are liked, and by how many people at most.
LIKED, MOST_LIKES = 200, 4
GREETING = "Welcome aboard. Nobody here is real, but the bread is good. Write back if you like."


class FilledAlready(RuntimeError):
    """There are demo users already, or somebody called so; filling the site again would mix two trials."""


def fill(users, posts, follows, seed):
    """
    Insert *users* people, *posts* posts spread over them, and *follows* follows for each.

    The same *seed* gives the same data. The newest posts are those of the twelve in ``samples``, written by
    the first users; the others come before, a minute apart.

    Raises:
        FilledAlready: there are demo users, or somebody called so.
    """
    if has_people():
        raise FilledAlready("there are demo users already")
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    now = clock.now()
    newest = samples.posts(now)[-posts:] if posts else []
    began = newest[0].at if newest else now
    with db.atomic():
        ids = _add_crowd(users, chance, now)
        _add_follows(_follows(ids, follows, chance))
        twelve = [number % users for number in range(len(samples.people()))]
        authors = [(ids[number], _name(number)) for number in twelve]
        older = _sentences(ids, posts - len(newest), began, chance)
        _add_posts(chain(older, _sample_posts(newest, authors)))
        _add_messages([author_id for author_id, _name in authors], now)
        _add_likes(ids, now, chance)
    security_log.record("demo-people-added", by=security_log.OPERATOR)


def populate_for(user):
    """
    Add the twelve of ``samples`` and their posts; *user* follows some, gets two followers and a message.

    Nothing happens if there are demo people already.
    """
    if has_people():
        return
    people, now = samples.people(), clock.now()
    chance = random.Random(1)  # noqa: S311 - to be repeated, not to be secret
    with db.atomic():
        names = [_free_name(person.name) for person in people]
        rows = [
            (name, f"{person.name}@{HOME}", person.about) for name, person in zip(names, people, strict=True)
        ]
        ids = _add_users(len(people), rows, now - HERE_FOR)
        _add_follows(_follows(ids, FOLLOWS, chance))
        _add_follows([(user.id, other) for other in ids[:FOLLOWED]] + [(other, user.id) for other in ids[:2]])
        _add_posts(_sample_posts(samples.posts(now), list(zip(ids, names, strict=True))))
        _add_messages(ids, now)
        _add_likes(ids, now, chance)
        Message.send(ids[0], user, GREETING)
    security_log.record("demo-people-added", user)


def has_people():
    """Whether there are any demo people."""
    return User.demo_people().exists()


def is_alone(user):
    """Whether nobody is here but *user* and demo people."""
    return not User.select().where(~User.is_demo, User.id != user.id).exists()


def remove(admin):
    """Delete all demo people but *admin*, who asks for it, with everything that belongs to them."""
    for user in list(User.demo_people().where(User.id != admin.id)):
        accounts.delete(user, by=admin.username)
    security_log.record("demo-people-removed", admin)


def _name(number):
    return f"demo{number + 1}"


def _free_name(wanted):
    """*wanted*, else with ``_demo`` and as many ``_`` behind it as it takes for a name that is free."""
    name = wanted
    while _is_taken(name):
        name = f"{name}_" if name != wanted else f"{wanted}_demo"
    return name


def _is_taken(name):
    return bool(User.named(name) or FormerName.person(name))


def _add_crowd(count, chance, created_at):
    try:
        with translate_integrity_error():
            return _add_users(count, _crowd(count, chance), created_at)
    except (UsernameTaken, EmailTaken) as error:
        raise FilledAlready("somebody has the name or the address of one of the demo users") from error


def _crowd(count, chance):
    """Name, address and "about me" of each; the first twelve have their own texts."""
    people = samples.people()
    for number in range(count):
        person = people[number % len(people)]
        known = number < len(people)
        about = person.about if known else chance.choice(samples.sentences(person.language, "about"))
        yield _name(number), f"{_name(number)}@example.org", about


def _add_users(count, people, created_at):
    """Insert *count* *people*, tuples of name, address and "about me", and return their ids, a range."""
    first = (User.select(fn.MAX(User.id)).scalar() or 0) + 1
    same = hash_password(PASSWORD), False, True, User.created_at.db_value(created_at)
    rows = ((user_id, *person, person[1], *same) for user_id, person in enumerate(people, first))
    _insert(
        "user", "id, username, email, about_me, email_key, password_hash, is_admin, is_demo, created_at", rows
    )
    return range(first, first + count)


def _follows(ids, count, chance):
    for follower in ids:
        for followed in chance.sample(ids, min(count, len(ids))):
            if followed != follower:
                yield follower, followed


def _add_follows(pairs):
    _insert("follow", "follower_id, followed_id", pairs)


def _sentences(ids, count, until, chance):
    """Rows of *count* posts by *ids*, each author in one language, a minute apart at most until *until*."""
    apart = min(MINUTE, (until - from_microseconds(EARLIEST)) / (count + 1))
    known = [(person.language, samples.sentences(person.language, "post")) for person in samples.people()]
    for number in range(count):
        place = int(chance.random() * len(ids))
        language, sentences = known[place % len(known)]
        sentence = chance.choice(sentences)
        if not number % MENTIONS_EVERY:
            sentence = f"@{_name(int(chance.random() * len(ids)))} {sentence}"
        back = None if number % ANSWERS_EVERY else 1 + int(chance.random() * FEW)
        yield ids[place], sentence, language, until - (count - number) * apart, back


def _sample_posts(posts, authors):
    """Rows of *posts*, each a SamplePost, by *authors*, the ids and usernames of the twelve."""
    people = samples.people()
    usernames = {person.name: name for person, (_id, name) in zip(people, authors, strict=True)}
    for post in posts:
        author_id, _username = authors[post.author]
        yield author_id, post.body.format(**usernames), people[post.author].language, post.at, post.back


def _add_posts(rows):
    """Insert *rows*, oldest first."""
    rows = _identified(rows)
    while batch := list(islice(rows, BATCH)):
        _insert("post", "author_id, body, language, id, reply_to, conversation", batch)
        Post.record_entities((row[3], row[1]) for row in batch)


def _identified(rows):
    """*rows* with ids, one after the other where moments are the same, and with what each answers."""
    latest = deque(maxlen=FURTHEST)
    for author_id, body, language, at, back in rows:
        post_id = free_id(in_microseconds(at))
        answered, root = latest[-back] if back and back <= len(latest) else (None, None)
        latest.append((post_id, root or post_id))
        yield author_id, body, language, post_id, answered, root


def _add_messages(ids, now):
    """Insert what the twelve, of those *ids*, wrote to each other; the newest are unread."""
    column = Message.timestamp.db_value
    rows = (
        (ids[sender], ids[recipient], body, column(at), column(at) if now - at > UNREAD_FOR else None)
        for at, sender, recipient, body in samples.messages(now)
        if ids[sender] != ids[recipient]
    )
    _insert("message", "sender_id, recipient_id, body, timestamp, read_at", rows)


def _add_likes(ids, now, chance):
    """Let some of *ids* like the latest posts, but nobody their own."""
    at = Like.timestamp.db_value(now)
    latest = Post.select(Post.id, Post.author).where(Post.author.in_(User.demo_people().select(User.id)))
    rows = (
        (user_id, post_id, at)
        for post_id, author_id in latest.order_by(Post.id.desc()).limit(LIKED).tuples()
        for user_id in chance.sample(ids, min(chance.randrange(MOST_LIKES + 1), len(ids)))
        if user_id != author_id
    )
    _insert("post_like", "user_id, post_id, timestamp", reversed(list(rows)))


def _insert(table, columns, rows):
    marks = ", ".join("?" for _ in columns.split(", "))
    execute_many(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', rows)  # noqa: S608

"""
Lists of people, as a reader may see them, each cut into pages by the key of its order.

Whoever has written last stands first; whoever has not written yet comes after all who have, newest first.
Somebody's place in this order is the id of their last post, else their own, which is far below all ids of
posts. Triggers keep ``User.last_post_id``.
"""

import unicodedata

from peewee import Value, fn

from microblog.base import slices
from microblog.base.prepared import prepared
from microblog.models.post import Post
from microblog.models.user import AFTER_NAMES, Follow, User
from microblog.models.visibility import hidden_from, is_here

SHOWN = 5
MOST_WORDS = 3


class ByLastPost:
    """The order of everybody: ``paged_by`` is its key, ``place`` names the attribute that has it."""

    place = "place"
    paged_by = fn.coalesce(User.last_post_id, User.id)


class ByFollower:
    """The order of those who follow somebody: newest accounts first."""

    place = "id"
    paged_by = Follow.follower


class ByFollowed:
    """The order of those whom somebody follows: newest accounts first."""

    place = "id"
    paged_by = Follow.followed


def everybody(reader):
    """All whom *reader* may see and who are not suspended; page by ``ByLastPost``."""
    return _seen_by(_everybody(), reader, reader.is_admin)


def followers_of(user, reader):
    """Those who follow *user*; page by ``ByFollower``."""
    return _seen_by(_followers_of(user), reader, reader.is_admin)


def followed_by(user, reader):
    """Those whom *user* follows; page by ``ByFollowed``."""
    return _seen_by(_followed_by(user), reader, reader.is_admin)


def found(query, reader):
    """A few people whose names begin with one of the first words of *query*, whatever their case, a list."""
    words = unicodedata.normalize("NFKC", query).casefold().split()[:MOST_WORDS]
    people = [person for word in words for person in _named_like(word.lstrip("@"), reader)]
    return list(dict.fromkeys(people))[:SHOWN]


def to_meet(reader, inviter_id, most):
    """
    At most *most* people who have written, with their ``last_words``, a list: the latest first.

    None of them is followed by *reader*, but for the inviter, who stands above all others.
    """
    written = _seen_by(_written(), reader, reader.is_admin)
    inviter = [] if inviter_id is None else list(slices.of_id(written, inviter_id))
    others = _first_of(_not_yet_met(written, reader, inviter_id or 0), most)
    return [*inviter, *others][:most]


def _named_like(beginning, reader):
    if not beginning:
        return []
    named = _names_between(beginning, beginning + AFTER_NAMES)
    return _first_of(_seen_by(named, reader, reader.is_admin), SHOWN)


@prepared
def _everybody():
    place = ByLastPost.paged_by
    return User.select(User, place.alias("place")).where(is_here(User.id)).order_by(place.desc())


@prepared
def _written():
    words = User.select(User, Post.body.alias("last_words")).join(Post, on=(Post.id == User.last_post_id))
    return words.where(is_here(User.id)).order_by(ByLastPost.paged_by.desc())


@prepared
def _not_yet_met(people, reader, inviter_id):
    followed = Follow.select(Follow.followed).where(Follow.follower == reader)
    return people.where(User.id != reader, User.id != inviter_id, User.id.not_in(followed))


@prepared
def _followers_of(user):
    here = User.select().join(Follow, on=(Follow.follower == User.id)).where(is_here(User.id))
    return here.where(Follow.followed == user).order_by(Follow.follower.desc())


@prepared
def _followed_by(user):
    here = User.select().join(Follow, on=(Follow.followed == User.id)).where(is_here(User.id))
    return here.where(Follow.follower == user).order_by(Follow.followed.desc())


@prepared
def _names_between(first, after):
    named = (User.username >= first, User.username < after)
    return User.select().where(is_here(User.id), *named).order_by(User.username)


@prepared
def _first_of(people, most):
    return people.limit(most)


@prepared
def _seen_by(people, reader, is_admin):
    """*people* without those whom a block hides from *reader*, and with whether *reader* follows them."""
    own = Follow.alias()
    is_followed = fn.EXISTS(own.select(Value(1)).where(own.follower == reader, own.followed == User.id))
    hidden = hidden_from(reader, is_admin)
    return people.select_extend(is_followed.alias("is_followed")).where(User.id.not_in(hidden))


TRIGGERS = [
    """
    CREATE TRIGGER IF NOT EXISTS last_post_add AFTER INSERT ON post BEGIN
        UPDATE user SET last_post_id = NEW.id WHERE id = NEW.author_id AND coalesce(last_post_id, 0) < NEW.id;
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS last_post_remove AFTER DELETE ON post BEGIN
        UPDATE user SET last_post_id = (SELECT max(id) FROM post WHERE author_id = OLD.author_id)
        WHERE id = OLD.author_id AND last_post_id = OLD.id;
    END
    """,
]

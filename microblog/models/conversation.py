"""
Conversations: a first post and all answers below it, in one level and in the order of time.

What somebody may not see is left out, and of every count as well. Where something was answered that is not
there for them, a ``Gap`` says so, as long as they see an answer to it.
"""

import json
from functools import cached_property
from typing import NamedTuple

from peewee import SQL, fn

from microblog.base import clock, slices
from microblog.base.prepared import prepared
from microblog.base.slices import COUNTED
from microblog.models.post import Post
from microblog.models.user import User


class Gap(NamedTuple):
    """The place of a post that was *deleted*, or that a block or a suspension hides."""

    id: int
    deleted: bool

    @property
    def timestamp(self):
        return clock.from_microseconds(self.id)


class Conversation:
    """The one whose first post has the id *root*, as *reader*, a user or None, sees it."""

    def __init__(self, root, reader):
        self.root, self._reader = root, reader

    @classmethod
    def around(cls, post_id, reader):
        """The conversation of the post of that id; None if nothing of it is there for *reader*."""
        if post := Post.seen_by(reader, post_id):
            return cls(post.root, reader)
        own = cls(post_id, reader)
        if own.answers.first():
            return own
        answer = _of(Post.visible_to(reader), post_id).first()
        return answer and cls(answer.conversation, reader)

    @cached_property
    def first(self):
        """The first post, or the gap in its place."""
        return Post.seen_by(self._reader, self.root) or _gaps([self.root])[0]

    @property
    def answers(self):
        """The answers, newest first, to be cut into slices."""
        return _in(Post.visible_to(self._reader), self.root)

    def start(self, post_id, most):
        """The id after which a slice of *most* answers begins that holds the place of *post_id*."""
        until = list(slices.newest(self.answers, post_id + 1, None, most + 1))
        return until[most // 2].id if len(until) > most else self.root

    def gaps(self, answers, wanted, after, before):
        """
        The gaps, between the ids *after* and *before*, left by posts that *answers*, which were told, answer.

        *wanted* is the id of another post that has one if it is not there.
        """
        missing = {answer.reply_to for answer in answers if answer.answered is None}
        if wanted != self.root and Post.seen_by(self._reader, wanted) is None:
            missing.add(wanted)
        return _gaps([post_id for post_id in missing if after < post_id < before])


def tell(posts, reader):
    """
    Tell each of *posts*, a list: the count of its answers that *reader* sees, and whom it answers.

    The answers to a first post are all in its conversation; those to another answer are to it alone.
    """
    told = {}
    if posts:
        ids = json.dumps([post.id for post in posts])
        told = {row[0]: row[1:] for row in _facts(Post.visible_to(reader), ids).tuples()}
    for post in posts:
        post.answer_count, post.answered = told.get(post.id, (0, None))
    return posts


def _gaps(ids):
    """A gap for each of *ids*."""
    if not ids:
        return []
    hidden = {row[0] for row in _existing(json.dumps(ids)).tuples()}
    return [Gap(post_id, deleted=post_id not in hidden) for post_id in ids]


@prepared
def _in(posts, root):
    return posts.where(Post.conversation == root)


@prepared
def _of(posts, post_id):
    """Answers to the post of that id."""
    return posts.where(Post.reply_to == post_id, Post.conversation.is_null(False)).limit(1)


@prepared
def _facts(posts, ids):
    """Of each post in *ids*, a JSON list: its id, the number of its answers, and the name it answers."""
    told = Post.alias()
    answers = posts.order_by().select(SQL("1"))
    within = answers.where(Post.conversation == told.id)
    to_it = answers.where(
        Post.reply_to == told.id, Post.conversation.is_null(False), Post.conversation != told.id
    )
    count = Post.select(fn.COUNT(SQL("*"))).from_(within.union_all(to_it).limit(COUNTED))
    answered = posts.select(User.username).where(Post.id == told.reply_to, told.conversation.is_null(False))
    return told.select(told.id, count, answered.order_by()).where(told.id.in_(_each(ids)))


@prepared
def _existing(ids):
    return Post.select(Post.id).where(Post.id.in_(_each(ids)))


def _each(ids):
    asked = fn.json_each(ids).alias("asked")
    return Post.select(SQL("asked.value")).from_(asked)

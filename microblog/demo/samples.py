"""Sample people, posts and messages: twelve people with texts of their own, and sentences for any others."""

import tomllib
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_suffix(".toml")


class SamplePerson(NamedTuple):
    name: str
    language: str
    about: str


class SamplePost(NamedTuple):
    """
    A post by person number *author*; *body* names others as ``{name}``.

    *back*: by how many posts the one that it answers comes before it; None: it answers none.
    """

    at: datetime
    author: int
    body: str
    back: int | None = None


class SampleMessage(NamedTuple):
    """A message from person number *sender* to number *recipient*."""

    at: datetime
    sender: int
    recipient: int
    body: str


@cache
def people():
    """The twelve, a list of SamplePerson."""
    return [SamplePerson(**person) for person in _read()["people"]]


def posts(now):
    """Posts of the twelve in the weeks before *now*, a list of SamplePost, oldest first."""
    number = _numbers()
    said = sorted((_moment(when, now), number[name], body, to) for when, name, body, *to in _read()["posts"])
    place = {at: index for index, (at, *_others) in enumerate(said)}
    answered = [place[_moment(to[0], now)] if to else None for *_others, to in said]
    return [
        SamplePost(*post[:3], None if other is None else index - other)
        for index, (post, other) in enumerate(zip(said, answered, strict=True))
    ]


def messages(now):
    """What some of the twelve wrote to each other before *now*, a list of SampleMessage, oldest first."""
    number = _numbers()
    return sorted(
        SampleMessage(_moment(when, now), number[sender], number[recipient], body)
        for when, sender, recipient, body in _read()["messages"]
    )


@cache
def sentences(language, kind):
    """Everything that others may say in *language*; *kind* is ``post``, or ``about`` for "about me"."""
    return ["".join(parts) for parts in product(*_read()["columns"][language][kind])]


@cache
def _numbers():
    return {person.name: index for index, person in enumerate(people())}


def _moment(when, now):
    """``days HH:MM``, or minutes, before *now*."""
    before, _, time_of_day = when.partition(" ")
    if not time_of_day:
        return now - timedelta(minutes=int(before))
    hour, minute = map(int, time_of_day.split(":"))
    return (now - timedelta(days=int(before))).replace(hour=hour, minute=minute, second=0, microsecond=0)


@cache
def _read():
    return tomllib.loads(FILE.read_text(encoding="utf-8"))

"""The one table of transitions: the database allows just these, and the picture shows them."""

from itertools import product

import pytest
from peewee import IntegrityError

from microblog.base import clock
from microblog.base.config import ROOT
from microblog.mail.mail import Mail
from microblog.tasks.states import FAILED, QUEUED, RUNNING, STATES, SUCCEEDED, TRANSITIONS
from microblog.tasks.task import Task


def test_the_picture_shows_the_table():
    lines = ["stateDiagram-v2", "    [*] --> queued: launch"]
    for state, following in TRANSITIONS.items():
        lines += [f"    {state} --> {other}: {how}" for other, how in following.items()]
        lines += [] if following else [f"    {state} --> [*]"]

    assert "```mermaid\n" + "\n".join(lines) + "\n```\n" in (ROOT / "docs" / "architecture.md").read_text()


def in_state(kind, state):
    own = {"name": "x", "description": "x"} if kind is Task else {"kind": "x", "recipient": "x"}
    return kind.create(**own, **values_of(kind, state))


def values_of(kind, state):
    values = {"state": state, "error": "why" if state == FAILED else None}
    if state not in (QUEUED, RUNNING):
        values["finished_at"] = clock.now()
    if kind is Task:
        values["progress"] = 100 if state == SUCCEEDED else 0
    return values


@pytest.mark.parametrize("kind", [Task, Mail])
@pytest.mark.parametrize(("old", "new"), [pair for pair in product(STATES, STATES) if pair[0] != pair[1]])
def test_the_database_allows_the_transitions_of_the_table_and_no_other(app, kind, old, new):
    item = in_state(kind, old)
    change = kind.update(**values_of(kind, new)).where(kind.id == item.id)

    if new in TRANSITIONS[old]:
        assert change.execute() == 1
    else:
        with pytest.raises(IntegrityError, match=r"no such transition|is final"):
            change.execute()

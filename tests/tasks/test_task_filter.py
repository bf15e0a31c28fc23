from datetime import timedelta
from itertools import product

import pytest

from microblog.base import clock
from microblog.tasks.states import STATES
from microblog.tasks.task import Task
from microblog.tasks.task_filter import TaskFilter


@pytest.fixture
def tasks(susan, john):
    """Tasks of each kind, state and person, some of them of the same moment, oldest first."""
    now = clock.now()
    for number, (kind, state, user) in enumerate(product(("a", "b"), STATES, (susan, john, None))):
        if state in ("queued", "running") and Task.select().where(Task.user == user).exists():
            continue
        Task.create(
            name=kind,
            description="x",
            state=state,
            user=user,
            error="broken" if state == "failed" else None,
            progress=100 if state == "succeeded" else 0,
            created_at=now - timedelta(minutes=90 - number // 2),
            finished_at=None if state in ("queued", "running") else now,
        )
    return list(Task.select().order_by(Task.created_at, Task.id))


def filters(susan):
    times = ((None, None), (clock.now() - timedelta(minutes=80), clock.now() - timedelta(minutes=70)))
    return [
        TaskFilter(state, kind, user, *span)
        for state, kind, user, span in product((None, *STATES), (None, "a"), (None, susan), times)
    ]


def test_every_filter_finds_what_it_says_page_by_page_in_both_directions(tasks, susan):
    for one in filters(susan):
        wanted = [
            task.id
            for task in reversed(tasks)
            if one.state in (None, task.state)
            and one.kind in (None, task.name)
            and one.user in (None, task.user)
            and (one.since is None or one.since <= task.created_at < one.until)
        ]
        found, page = [], one.newest(3)
        while page:
            found += page
            page = one.newest(3, before=page[-1])

        assert [task.id for task in found] == wanted, one
        if found:
            assert [task.id for task in one.oldest(2, after=found[-1])] == wanted[:-1][-2:], one


def test_every_list_reads_no_more_than_it_shows(susan, plan):
    some = Task.create(name="a", description="x", user=susan)
    for one in filters(susan):
        for query in one.queries():
            ordered = query.where(Task.age() < Task.age_of(some.id)).order_by(
                Task.created_at.desc(), Task.id.desc()
            )
            steps = [step for step in plan(ordered.limit(26)) if "LAST TERM" not in step]

            assert not any("SCAN" in step or "TEMP B-TREE" in step for step in steps), (one, steps)

"""Nothing takes longer the more there is: SQLite's steps among many rows, and among more of them."""

import dataclasses
from functools import partial

from microblog.base.database import db
from microblog.base.slices import COUNTED
from microblog.models import Session, Token
from microblog.tasks import figures
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from tests import many_rows
from tests.apps import SETTINGS, opened
from tests.conftest import PASSWORD
from tests.many_rows import APART, FIRST_POST

# More than anything is counted up to.
MANY = COUNTED + 100
TIMES = 3
# A list may begin at another place.
TOLERANCE = 1.05
METRICS = "a token of 32 letters for a test"
VALUES = {
    **dict.fromkeys(("username", "user", "recipient"), "john"),
    **dict.fromkeys(("word", "tag"), "tea"),
    "post_id": FIRST_POST + APART,
    "task_id": "00000001-0000-4000-8000-000000000001",
}
OWN, ANOTHERS = FIRST_POST + 9 * APART, FIRST_POST + 9 * APART + 2
# What susan does, one after the other.
ACTS = [
    ("/auth/login", {"username": "susan", "password": PASSWORD}),
    ("/", {"post": "hello again @john #tea"}),
    (f"/post/{OWN}/delete", {}),
    (f"/post/{OWN}/undo", {}),
    (f"/post/{ANOTHERS}/like", {}),
    (f"/post/{ANOTHERS}/unlike", {}),
    (f"/post/{ANOTHERS}/report", {}),
    ("/follow/mary", {}),
    ("/unfollow/mary", {}),
    ("/send_message/john", {"message": "hello"}),
    ("/messages/john/read", {"newest": "5"}),
    ("/news/read", {"oldest": "1", "newest": "5"}),
    ("/export_posts", {}),
    ("/auth/logout", {}),
]
CLAIM = ("claim", partial(Task.claim, "00000001-0000-4000-8000-000000000007"))


def test_nothing_takes_longer_the_more_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "COUNTED", COUNTED)

    few, many = (_steps(tmp_path / str(times), MANY * times) for times in (1, TIMES))

    assert len(few) > 400
    assert [
        f"{name}: {steps} steps among {MANY}, {many[name]} among {MANY * TIMES}"
        for name, steps in few.items()
        if many[name] > TOLERANCE * steps + 20
    ] == []


def _steps(folder, count):
    """How many steps each page, each act and the work in between take among *count* of everything."""
    with opened(dataclasses.replace(SETTINGS, data_dir=folder, metrics_token=METRICS)) as app:
        huey.immediate, huey.storage = False, huey.get_immediate_storage()  # Nobody works.
        susan, _john, mary = many_rows.fill(count)
        assert many_rows.missing(count) == []
        acts = [*_pages(app, count, susan, mary), *_acts(app.test_client()), CLAIM, *_housekeeping()]
        return {name: _counted(act) for name, act in acts}


def _counted(act):
    steps, connection = [], db.connection()
    connection.set_progress_handler(lambda: steps.append(1), 1)
    act()
    connection.set_progress_handler(None, 0)
    return len(steps)


def _pages(app, count, susan, mary):
    """Names of pages, and functions that ask for them: mary for those of administrators."""
    browsers = {person: _browser(app, person) for person in (None, susan, mary)}
    tokens = {None: METRICS} | {person: Token.issue(person, "a test")[1] for person in (susan, mary)}
    urls = app.url_map.bind("localhost")
    half = f"before={FIRST_POST + count // 2 * APART}"
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments <= VALUES.keys():
            path = urls.build(rule.endpoint, {name: VALUES[name] for name in rule.arguments})
            is_for_admins = path.startswith(("/admin", "/api/admin"))
            for person in (mary,) if is_for_admins else (None, susan):
                # Under /api only a token signs anybody in.
                headers = (
                    {"Authorization": f"Bearer {tokens[person]}"} if "/api" in path or not person else {}
                )
                for query in (half, "q=hello"):
                    asked = partial(browsers[person].get, f"{path}?{query}", headers=headers, buffered=True)
                    yield f"{person and person.username} {path} {query[:5]}", asked


def _browser(app, person):
    browser = app.test_client()
    if person:
        _row, token = Session.start(person, remembered=False, user_agent="a test")
        with browser.session_transaction() as session:
            session.update(_user_id=token, _fresh=True)
        # Else all pages of theirs would be the same few steps.
        assert browser.get("/news").status_code == 200
    return browser


def _acts(browser):
    for path, fields in ACTS:
        yield f"POST {path}", partial(_act, browser, path, fields)


def _housekeeping():
    """What the consumer does every ten seconds."""
    assert huey.housekeeping
    return [(f"{chore.__module__}.{chore.__qualname__}", chore) for chore in huey.housekeeping]


def _act(browser, path, fields):
    assert browser.post_form(path, **fields).status_code == 302, path

"""What one process changes, another that showed it before shows at once: none keeps what could be old."""

import json
import subprocess
import sys

import pytest

from microblog import accounts
from microblog.models import Block, Message, Post, Session, Token

# Reads pages for john, whose cookie and token it is given, as often as it is asked.
READER = """
import dataclasses, json, pathlib, sys
from tests.apps import SETTINGS, Browser
from microblog import create_app
app = create_app(dataclasses.replace(SETTINGS, data_dir=pathlib.Path(sys.argv[1])))
app.test_client_class = Browser
browser, program = app.test_client(), {"Authorization": f"Bearer {sys.argv[3]}"}
with browser.session_transaction() as session:
    session.update(_user_id=sys.argv[2], _fresh=True)
for line in sys.stdin:
    pages = {path: browser.get(path, headers=program) for path in json.loads(line)}
    found = [path for path, page in pages.items() if page.status_code == 200 and "needle" in page.text]
    print(json.dumps(found), flush=True)
"""
TIMELINES = {
    "/",
    "/explore",
    "/search?q=haystack",
    "/feed.atom",
    "/feed.json",
    "/api/posts",
    "/api/timeline",
}
OF_SUSAN = {"/user/{name}", "/user/{name}/feed.atom", "/api/users/@{name}/posts"}
PEOPLE = {"/api/users", "/user/{name}", "/user/{name}/popup", "/api/users/@{name}"}
INBOX = {"/messages", "/api/messages"}


@pytest.fixture
def pages_with_needle(app, john, tmp_path):
    """A function that returns those of *paths* at which another process finds a needle."""
    (_session, cookie), (_token, secret) = Session.start(john, False, "a test"), Token.issue(john, "a test")
    process = subprocess.Popen(
        [sys.executable, "-c", READER, tmp_path, cookie, secret],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def pages_with_needle(paths):
        process.stdin.write(json.dumps(sorted(paths)) + "\n")
        process.stdin.flush()
        return set(json.loads(process.stdout.readline()))

    yield pages_with_needle
    process.communicate()
    assert process.returncode == 0


def test_another_process_shows_every_change_at_once(pages_with_needle, susan, john):
    john.follow(susan)
    lists = TIMELINES | {path.format(name="susan") for path in OF_SUSAN}
    everything = lists | INBOX | {path.format(name="needle_") for path in PEOPLE}
    assert pages_with_needle(everything) == set()

    post = Post.create(author=susan, body="a needle in a haystack")
    assert pages_with_needle(everything) == lists
    lists |= {f"/post/{post.id}", f"/api/posts/{post.id}"}
    assert pages_with_needle(lists) == lists

    # Feeds of a public site are those that any visitor reads.
    Block.add(susan, john)
    assert pages_with_needle(lists) == {path for path in lists if "/feed." in path}

    Block.remove(susan, john)
    john.follow(susan)
    assert pages_with_needle(lists) == lists

    accounts.suspend(susan, by="mary")
    assert pages_with_needle(lists) == set()

    susan.restore()
    assert pages_with_needle(lists) == lists

    post.remove(by="susan")
    assert pages_with_needle(lists) == set()

    Post.create(author=susan, body="haystack")
    susan.update_profile("needle_", "")
    renamed = {path.format(name="needle_") for path in PEOPLE}
    assert pages_with_needle(renamed | {"/", "/explore", "/feed.atom"}) == renamed | {
        "/",
        "/explore",
        "/feed.atom",
    }

    Message.send(susan, john, "needle")
    assert pages_with_needle(INBOX) == INBOX

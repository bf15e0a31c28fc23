"""
One site for a whole module, reset before each test: susan, john, and mary, who is the administrator.

Creating a site takes longer than a request, and here it gets hundreds of them.
"""

import dataclasses
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.imports.import_row import Import
from microblog.mail import outbox_files
from microblog.mail.mail import Mail
from microblog.models import Like, Message, NewsItem, OneTimeToken, Post, Report, Session, Token, User
from microblog.models.one_time_token import CHANGE_EMAIL, INVITE, RESET_PASSWORD
from microblog.tasks.task import Task
from tests.apps import SETTINGS, Snapshot, opened
from tests.conftest import make_user
from tests.rows import put

# Each occurs in what only that member may see, and nowhere else.
MARKS = {"susan": "susans-secret", "john": "johns-secret"}

COUNTS = {"new": 1, "here": 0, "left_out": 0, "unreadable": 0, "replies": 0, "reposts": 0, "pictures": 0}


class Belongings:
    """What one member has: one of everything, marked where nobody else may see it."""

    def __init__(self, user, mary):
        mark = self.mark = MARKS[user.username]
        User.update(email=f"{mark}@example.org", about_me=f"about {user.username}").where(
            User.id == user.id
        ).execute()
        user = self.user = User.named(user.username)
        self.post = Post.create(author=user, body=f"{user.username}'s post")
        self.message = Message.send(user, mary, f"{mark} message")
        Message.send(mary, user, f"{mark} answer")
        Like.add(mary, self.post)
        self.news = NewsItem.get(NewsItem.user == user)
        self.session = Session.start(user, True, f"{mark}/1.0")[0]
        self.token, self.secret = Token.issue(user, f"{mark} program")
        self.task = Task.create(name="export_posts", description="Exporting posts...", user=user)
        put(
            self.task,
            state="succeeded",
            progress=100,
            finished_at=clock.now(),
            result={"posts": 1, "size_bytes": 30},
            file_expires_at=clock.now() + timedelta(days=1),
        )
        self.looked_at = Import.create(user=user, name=f"{mark}.zip", kind="Feed", counts=COUNTS)
        self.reset = OneTimeToken.issue(RESET_PASSWORD, user)
        self.change = OneTimeToken.issue(CHANGE_EMAIL, user, f"{mark}-new@example.org")
        self.mail = Mail.send("reset_password", user.email)
        Mail.create(
            kind="export_posts",
            recipient=user.email,
            user=user,
            task=self.task,
            state="failed",
            error=f"{mark} reason",
            finished_at=clock.now(),
        )

    def write_files(self):
        for path, text in (
            (self.task.file, f'{{"posts": ["{self.mark}"]}}'),
            (self.task.file.with_suffix(".zip"), self.mark),
            (outbox_files.path_of(self.mail.id), f"Subject: {self.mark}\n\n{self.mark}"),
        ):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(text)


class Site:
    """The users of the site, a browser for each, and what susan and john have."""

    def __init__(self, app):
        self.app = app
        self.susan, self.john, self.mary = (make_user(name) for name in ("susan", "john", "mary"))
        User.update(is_admin=True).where(User.username == "mary").execute()
        self.mary = User.named("mary")
        self.invite = OneTimeToken.issue(INVITE, self.mary)
        self.invite_id = OneTimeToken.get().id
        self.of = {user.username: Belongings(user, self.mary) for user in (self.susan, self.john)}
        self.susan, self.john = (self.of[name].user for name in ("susan", "john"))
        for reporter, author in ((self.susan, "john"), (self.john, "susan")):
            Report.add(reporter, self.of[author].post, f"{self.of[reporter.username].mark} reason")
        self.cookies = {name: self._sign_in(name) for name in ("susan", "john", "mary")}
        self.browsers = {name: self._browser_of(name) for name in self.cookies}
        self.secrets = {name: has.secret for name, has in self.of.items()}
        self.secrets["mary"] = Token.issue(self.mary, "mary's program")[1]
        for has in self.of.values():
            has.write_files()
        self._snapshot = Snapshot()

    def restore(self):
        """Reset rows, files and the browsers' cookies."""
        self._snapshot.restore()
        self.browsers = {name: self._browser_of(name) for name in self.browsers}
        return self

    def close(self):
        self._snapshot.close()

    @property
    def visitors(self):
        """Browsers by visitor."""
        return {"nobody": self.app.test_client(), **self.browsers}

    def _sign_in(self, name):
        """The value of the session cookie of a browser in which *name* is signed in."""
        browser = self.app.test_client()
        _session, token = Session.start(User.named(name), False, f"{name}'s browser")
        with browser.session_transaction() as session:
            session.update(_user_id=token, _fresh=True)
        return browser.get_cookie("session").value

    def _browser_of(self, name):
        browser = self.app.test_client()
        browser.set_cookie("session", self.cookies[name])
        return browser


@pytest.fixture(scope="module")
def opened_site(tmp_path_factory):
    settings = dataclasses.replace(SETTINGS, data_dir=tmp_path_factory.mktemp("site"))
    with opened(settings) as app:
        site = Site(app)
        yield site
        site.close()


@pytest.fixture
def site(opened_site):
    return opened_site.restore()

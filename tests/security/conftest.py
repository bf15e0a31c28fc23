"""
One site for a whole module, put back as it was before each test: susan, john, mary who is the administrator.

To make a site anew takes longer than to ask it something, and here it is asked hundreds of times.
"""

from datetime import timedelta

import pytest
from peewee import sqlite3

from microblog import clock
from microblog.config import Settings
from microblog.database import db
from microblog.jobs import deliver
from microblog.models import Mail, Message, Post, Session, Task, Ticket, Token, User
from microblog.models.ticket import CHANGE_EMAIL, INVITE, RESET_PASSWORD
from tests.conftest import make_user, opened

# Stand in what only susan may see, and nowhere else.
MARK = "susans-secret"


class Site:
    """The people of the site, a browser for each, and what susan has."""

    def __init__(self, app):
        self.app = app
        self.tokens = {}
        self.susan, self.john, self.mary = (make_user(name) for name in ("susan", "john", "mary"))
        User.update(is_admin=True).where(User.username == "mary").execute()
        User.update(email=f"{MARK}@example.org", about_me="about susan").where(
            User.username == "susan"
        ).execute()
        self.susan, self.mary = User.named("susan"), User.named("mary")
        self.post = Post.create(author=self.susan, body="susan's post")
        self.johns_post = Post.create(author=self.john, body="john's post")
        self.message = Message.send(self.susan, self.mary, f"{MARK} message")
        Message.send(self.mary, self.susan, f"{MARK} answer")
        self.browsers = {name: self._browser(name) for name in ("susan", "john", "mary")}
        self.secrets = {name: Token.issue(User.named(name), f"{name}'s program")[1] for name in self.browsers}
        self.session = Session.start(self.susan, True, f"{MARK}/1.0")[0]
        self.task = Task.create(name="export_posts", description="Exporting posts...", user=self.susan)
        Task.update(
            state="succeeded",
            progress=100,
            finished_at=clock.now(),
            result={"posts": 1, "size_bytes": 30},
            note=f"{MARK} note",
            file_expires_at=clock.now() + timedelta(days=1),
        ).execute()
        self.invite = Ticket.issue(INVITE, self.mary)
        self.reset = Ticket.issue(RESET_PASSWORD, self.susan)
        self.change = Ticket.issue(CHANGE_EMAIL, self.susan, f"{MARK}-new@example.org")
        self.mail = Mail.send(deliver, "reset_password", self.susan.email)
        self._write_files()
        self._snapshot = sqlite3.connect(":memory:", check_same_thread=False)
        db.connection().backup(self._snapshot)

    def restore(self):
        """Put rows and files back as they were; browsers forget what they have been told since."""
        self._snapshot.backup(db.connection())
        self._write_files()
        self.browsers = {name: self._browser_of(name) for name in self.browsers}
        return self

    def close(self):
        self._snapshot.close()

    @property
    def visitors(self):
        """Browsers by who sits at them."""
        return {"nobody": self.app.test_client(), **self.browsers}

    def _browser(self, name):
        _session, self.tokens[name] = Session.start(User.named(name), False, f"{name}'s browser")
        return self._browser_of(name)

    def _browser_of(self, name):
        browser = self.app.test_client()
        with browser.session_transaction() as session:
            session.update(_user_id=self.tokens[name], _fresh=True)
        return browser

    def _write_files(self):
        for path, text in (
            (self.task.file, f'{{"posts": ["{MARK}"]}}'),
            (self.mail.letter, f"Subject: {MARK}\n\n{MARK}"),
        ):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(text)


@pytest.fixture(scope="module")
def opened_site(tmp_path_factory):
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("site"),
        secret_key="for tests only, 32 characters",
        rate_limits=False,
    )
    with opened(settings) as app:
        site = Site(app)
        yield site
        site.close()


@pytest.fixture
def site(opened_site):
    return opened_site.restore()

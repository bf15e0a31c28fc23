"""A fresh site for each test, with susan, john and a browser for each."""

import atexit
import functools
import hashlib
import logging
import os
import shutil
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from microblog import create_app
from microblog.base import clock, database, schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.base.i18n import catalogues
from microblog.models import Post, Session, User
from microblog.security.password_hashes import hash_password
from microblog.tables import TRIGGERS
from microblog.tasks.queue import huey

PASSWORD = "correct horse"

# run.sh empties every setting, which to us means "not set"; gunicorn reads this one on import, and fails.
if not os.environ.get("WEB_CONCURRENCY"):
    os.environ.pop("WEB_CONCURRENCY", None)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run what takes minutes")


def pytest_sessionstart(session):
    """Compile the translations, for the tests and the processes that they start."""
    if not hasattr(session.config, "workerinput"):
        catalogues.compile_all()


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        kept = [item for item in items if "slow" not in item.keywords]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Replace lone surrogates in what was logged: it cannot be sent to the process that reports."""
    report = yield
    report.sections = [
        (title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections
    ]
    return report


def pytest_terminal_summary(terminalreporter):
    if os.environ.get("CI") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("skipped tests count as failures here (CI is set)", red=True)


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class Browser(FlaskClient):
    """A test client that can post a form as one of our pages would."""

    def post_form(self, path, **fields):
        options = {name: fields.pop(name) for name in ("headers", "follow_redirects") if name in fields}
        return self.post(path, data={"csrf_token": self.csrf_token, **fields}, **options)

    @property
    def csrf_token(self):
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", hashlib.sha1(os.urandom(32)).hexdigest())
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw)


@pytest.fixture
def settings(tmp_path):
    """Settings of the test's site; a test module may override this fixture."""
    return Settings(data_dir=tmp_path, secret_key="for tests only, 32 characters long", rate_limits=False)


@pytest.fixture
def app(settings):
    with opened(settings) as app:
        yield app


@functools.cache
def migrated_database():
    """An empty, migrated database to be copied: migrating one for each test takes minutes."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    database.init(folder)
    schema.migrate(TRIGGERS)
    db.close_all()
    return folder / database.FILE_NAME


@contextmanager
def opened(settings):
    """A site with an empty database, where tasks and mails run at once, inside the request."""
    migrated = migrated_database()
    app = create_app(settings)
    app.testing = True
    app.test_client_class = Browser
    if not (settings.data_dir / database.FILE_NAME).exists():
        shutil.copyfile(migrated, settings.data_dir / database.FILE_NAME)
    huey.immediate = True
    huey.worker.take()
    # No app context is held: requests would share its `g`, and with it the signed-in user.
    with connected():
        yield app
    huey.worker.release()
    huey.immediate = False
    db.close_all()


@pytest.fixture
def nobody_works(app):
    """Tasks stay queued: no worker reads the queue, although one is alive."""
    huey.immediate = False
    huey.storage = huey.get_immediate_storage()


@pytest.fixture
def worker_gone(app):
    """No worker is alive."""
    huey.worker.release()


@pytest.fixture
def client(app):
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def susan(app):
    return make_user("susan")


@pytest.fixture
def john(app):
    """The one who must never get in."""
    return make_user("john")


@pytest.fixture
def sign_in(app):
    """A function that returns a browser in which *user* is signed in."""

    def sign_in(user, remember=False):
        browser = app.test_client()
        _session, token = Session.start(user, remember, "a test")
        with browser.session_transaction() as session:
            session.update(_user_id=token, _fresh=True)
        return browser

    return sign_in


@pytest.fixture
def browser(susan, sign_in):
    """Susan's browser."""
    return sign_in(susan)


@pytest.fixture
def write_posts():
    """A function that writes posts for *user*, in the order given."""
    return lambda user, *bodies: [Post.create(author=user, body=body) for body in bodies]


@pytest.fixture
def later(monkeypatch):
    """A function that moves the clock forward from when the test began."""
    began = clock.now()
    return lambda **span: monkeypatch.setattr(clock, "now", lambda: began + timedelta(**span))


@pytest.fixture
def queries():
    """A list that collects the SQL of each query made from here on."""
    collected = []

    class Collector(logging.Handler):
        def emit(self, record):
            collected.append(record.msg[0])

    logger, handler = logging.getLogger("peewee"), Collector(level=logging.DEBUG)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield collected
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def plan(app):
    """A function that returns SQLite's plan, a list of steps, for a query, or for SQL with its values."""

    def plan(query, values=()):
        sql, values = (query, values) if isinstance(query, str) else query.sql()
        return [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]

    return plan


@pytest.fixture(autouse=True)
def logged_errors():
    """
    Fail a test in which an error was logged: Huey logs and swallows what jobs and handlers raise.

    A test that expects an error removes it from this list.
    """
    errors = []

    class Collector(logging.Handler):
        def emit(self, record):
            errors.append(self.format(record))

    handler = Collector(level=logging.ERROR)
    loggers = [logging.getLogger(name) for name in ("huey", "microblog")]
    for logger in loggers:
        logger.addHandler(handler)
    yield errors
    for logger in loggers:
        logger.removeHandler(handler)
    assert not errors, "an error was logged:\n" + "\n".join(errors)


def is_signed_in(browser):
    return browser.get("/notifications").status_code == 200


def make_user(username, **values):
    return User.register(username, f"{username}@example.org", _password_hash(), **values)


@functools.cache
def _password_hash():
    return hash_password(PASSWORD)

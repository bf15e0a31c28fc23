"""A fresh site for each test, with susan, john and a browser for each."""

import dataclasses
import functools
import logging
import os
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from microblog import factory as _factory  # noqa: F401 - whatever tests walk is registered by then: jobs, mails
from microblog.base import clock
from microblog.base.database import db
from microblog.base.i18n import catalogues
from microblog.models import Post, Session, User
from microblog.security import passwords
from microblog.security.passwords import hash_password
from microblog.tasks.queue import huey
from tests.apps import SETTINGS, CompiledTemplates, changes_of_shared_apps, opened

PASSWORD = "correct horse"
# In this process passwords are hashed by the smallest parameters that there are: most tests sign in.
REAL_HASHER = passwords.hasher
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KINDS_OF_RED = {
    "failed": "something is not as the test says",
    "error": "a test could not be loaded, set up or cleaned up, or an error was logged meanwhile",
}


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run what takes minutes")


def pytest_sessionstart(session):
    """Compile the translations, for the tests and the processes that they start."""
    if not hasattr(session.config, "workerinput"):
        catalogues.compile_all()


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        config.hook.pytest_deselected(items=[item for item in items if "slow" in item.keywords])
        items[:] = [item for item in items if "slow" not in item.keywords]
    # One process gets the first third of the tests: these take as long as the other two thirds.
    items.sort(key=lambda item: "browser" not in item.keywords)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Replace lone surrogates in what was logged: it cannot be sent to the process that reports."""
    report = yield
    report.sections = [
        (title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections
    ]
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    """Say in the last lines what kind of red it is."""
    yield
    for kind, meaning in KINDS_OF_RED.items():
        if reports := terminalreporter.stats.get(kind):
            terminalreporter.write_line(f"{len(reports)} {kind}: {meaning}", red=True)
    if os.environ.get("CI") and (skipped := terminalreporter.stats.get("skipped")):
        terminalreporter.write_line(f"{len(skipped)} skipped: no test may be left out (CI is set)", red=True)


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory):
    """Templates are compiled by the first process that draws them: there are hundreds, in each language."""
    folder = tmp_path_factory.getbasetemp()
    # Each process of xdist has one of its own inside that of the run.
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    CompiledTemplates.folder = folder / "templates"
    CompiledTemplates.folder.mkdir(exist_ok=True)


@pytest.fixture
def real_hashes(monkeypatch):
    """Hash passwords as the site does."""
    monkeypatch.setattr(passwords, "hasher", REAL_HASHER)


@pytest.fixture
def settings(tmp_path):
    """Settings of the test's site; a test module may override this fixture."""
    return dataclasses.replace(SETTINGS, data_dir=tmp_path)


@pytest.fixture
def app(settings):
    """
    A site with an empty database. Its app may be that of other tests as well.

    A test changes ``app.config`` and ``app.view_functions`` by ``monkeypatch.setitem``.
    """
    with opened(settings) as app:
        yield app


@pytest.fixture
def nobody_works(app):
    """Tasks stay queued: no worker reads the queue, although one is alive."""
    huey.immediate = False
    huey.storage = huey.get_immediate_storage()


@pytest.fixture
def worker_gone(app):
    """No worker is alive."""
    huey.lock.file.close()


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
def shared_app_unchanged():
    """Fail a test that changed the shared app and did not restore it."""
    yield
    assert changes_of_shared_apps() == [], "to be set by monkeypatch.setitem"


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
    values = {"confirmed": True, **values}
    return User.register(username, f"{username}@example.org", _password_hash(), **values)


@functools.cache
def _password_hash():
    return hash_password(PASSWORD)

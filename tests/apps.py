"""Apps for tests: one that most of them share, and new ones for tests with other settings."""

import atexit
import dataclasses
import functools
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from peewee import sqlite3

from microblog import create_app
from microblog.base import database, logs, schema
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.mail import error_mails, smtp
from microblog.ops.data_folder import site_lock
from microblog.security.signatures import serializer
from microblog.tables import TRIGGERS
from microblog.tasks.queue import huey

# Each test has a data folder of its own.
SETTINGS = Settings(
    data_dir=Path("nowhere"),
    secret_key="for tests only, 32 characters long",
    rate_limits=False,
    registration="open",
)


# None of these databases is worth a wait for the disk. Processes that tests start do wait.
database.PRAGMAS[database.PRAGMAS.index(("synchronous", "normal"))] = ("synchronous", "off")
# Where tasks leave files.
FOLDERS = ("exports", "imports", "outbox")


class Browser(FlaskClient):
    """A test client that can post a form as one of our pages would; cookies go by their short names."""

    def post_form(self, path, **fields):
        options = {name: fields.pop(name) for name in ("headers", "follow_redirects") if name in fields}
        return self.post(path, data={"csrf_token": self.csrf_token, **fields}, **options)

    def get_cookie(self, key, *place, **options):
        return super().get_cookie(self._full_name(key), *place, **options)

    def set_cookie(self, key, *value, **options):
        super().set_cookie(self._full_name(key), *value, **options)

    def delete_cookie(self, key, **options):
        super().delete_cookie(self._full_name(key), **options)

    def _full_name(self, name):
        return self.application.config["COOKIE_PREFIX"] + name

    @property
    def csrf_token(self):
        with self.session_transaction() as session:
            value = session.setdefault("csrf_token", secrets.token_hex(16))
        return serializer([self.application.secret_key], "wtf-csrf-token").dumps(value)


class CompiledTemplates(FileSystemBytecodeCache):
    """A folder of what templates are compiled to, for all apps and processes of one run of the tests."""

    folder = None

    def get_bucket(self, environment, name, filename, source):
        kind = f"{environment.language} {environment.code_generator_class.__name__}"
        return super().get_bucket(environment, f"{kind} {name}", filename, source)


@contextmanager
def opened(settings):
    """
    A site with an empty database, where tasks and mails run at once, inside the request.

    Tests with the same settings share its app: making one takes longer than a test, and it reads each
    template anew. Data folder, database, queue and configuration are fresh for each of them.
    """
    migrated = migrated_database()
    # Before the queue is bound, so that it makes no connections that nobody uses.
    huey.immediate = True
    app = _bound(settings)
    if not (settings.data_dir / database.FILE_NAME).exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(migrated, settings.data_dir / database.FILE_NAME)
    app.test_client_class = Browser
    try:
        # No app context is held: requests would share its `g`, and with it the signed-in user.
        with _immediate_queue(), connected():
            yield app
    finally:
        db.close_all()


@functools.cache
def migrated_database():
    """An empty, migrated database to be copied: migrating one for each test takes minutes."""
    folder = _new_folder()
    database.init(folder)
    schema.migrate(TRIGGERS)
    db.close_all()
    return folder / database.FILE_NAME


class Snapshot:
    """All rows of the test's site and the files of its tasks, as they are when it is made."""

    def __init__(self):
        self._rows = sqlite3.connect(":memory:", check_same_thread=False)
        db.connection().backup(self._rows)
        self._restored = changes()
        folder = database.data_dir()
        paths = [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
        self._files = {path: path.read_bytes() for path in paths}

    def restore(self):
        """Bring back what has changed or gone."""
        if changes() != self._restored:
            self._rows.backup(db.connection())
            self._restored = changes()
        for path, content in self._files.items():
            # Reading takes much less time than writing.
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)

    def close(self):
        self._rows.close()


def changes():
    """What differs after any change of a row, by this connection or by another one."""
    connection = db.connection()
    return connection, connection.total_changes, connection.execute("PRAGMA data_version").fetchone()


def changes_of_shared_apps():
    """Names of settings and views that are not what they were when the shared apps were made."""
    return sorted({name for shared in _shared_apps.values() for name in shared.changes()})


class SharedApp:
    """An app, and copies of its configuration and of its views as they were at first."""

    def __init__(self, settings):
        self.app = create_app(dataclasses.replace(settings, data_dir=_new_folder()))
        if CompiledTemplates.folder:
            self.app.jinja_env.bytecode_cache = CompiledTemplates(CompiledTemplates.folder)
        self._made, self._views = dict(self.app.config), dict(self.app.view_functions)
        self._bound = self._made

    def changes(self):
        """Names of settings and views that are not as they were made for the test."""
        config, views = self.app.config, self.app.view_functions
        # As after nearly every test.
        if config == self._bound and views == self._views:
            return []
        was, now = self._bound | self._views, config | views
        return [name for name in was | now if was.get(name) != now.get(name)]

    def as_it_was(self, settings):
        """The app as it was made, with a new data folder."""
        # Flask-Mail would send nothing from an app that is tested.
        testing = {"TESTING": True, "MAIL_SUPPRESS_SEND": False}
        self._bound = {**self._made, "DATA_DIR": settings.data_dir, "SETTINGS": settings, **testing}
        self.app.config.clear()
        self.app.config.update(self._bound)
        self.app.view_functions = dict(self._views)
        return self.app


_shared_apps = {}


def _bound(settings):
    plain = _plain(settings)
    if plain not in _shared_apps:
        _shared_apps[plain] = SharedApp(plain)
    app = _shared_apps[plain].as_it_was(settings)
    _bind_process(app, settings)
    return app


def _bind_process(app, settings):
    """Do again what ``create_app`` does once for the process: another app may have been made meanwhile."""
    site_lock.acquire(settings.data_dir)
    logs.begin(settings)
    error_mails.init_app(app)
    database.init(settings.data_dir)
    huey.init_app(app, settings.queue_url, app.config["SIGNING_KEYS"], settings.data_dir / "run")
    smtp.mail.init_app(app)


@contextmanager
def _immediate_queue():
    huey.lock.take()
    try:
        yield
    finally:
        huey.lock.file.close()
        huey.immediate = False


def _plain(settings):
    return dataclasses.replace(settings, data_dir=SETTINGS.data_dir)


def _new_folder():
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    return folder

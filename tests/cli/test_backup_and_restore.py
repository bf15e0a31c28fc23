import dataclasses
import io
import json
import lzma
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from peewee import sqlite3

from microblog.accounts import credentials
from microblog.base import clock, schema
from microblog.base.config import ROOT
from microblog.base.database import data_dir, db
from microblog.exports import export_posts
from microblog.exports.expiry import expire_file
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, Post, PostIndex, Session, User
from microblog.models.one_time_token import RESET_PASSWORD
from microblog.ops import backup, nightly
from microblog.ops.restore import RESTORED
from microblog.tables import TRIGGERS
from microblog.tasks.queue import huey
from microblog.tasks.states import FAILED, SUCCEEDED
from microblog.tasks.task import Task
from microblog.web import cookies, remembered_devices
from tests.conftest import make_user
from tests.end_to_end.small_disk import small_disk

FORMER = sorted((ROOT / "tests" / "fixtures").glob("*_schema.sql"))


@pytest.fixture
def take_backup(run):
    """A function that writes a backup and returns its path."""

    def take_backup():
        result = run("backup")
        assert result.exit_code == 0, result.output
        [path] = (data_dir() / "backups").iterdir()
        assert result.output == f"{path}\n"
        return path

    return take_backup


@pytest.fixture
def restore(run):
    """A function that stops the site, restores the backup and returns the command's result."""

    def restore(path):
        huey.lock.file.close()
        db.close_all()
        result = run("restore", path)
        db.connect(reuse_if_open=True)
        huey.lock.take()
        return result

    return restore


def test_a_backup_is_one_private_file_with_everything_in_it(run, take_backup, susan, write_posts):
    write_posts(susan, "kept")
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    path = take_backup()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as tar:
        assert set(tar.getnames()) == {
            "microblog.db",
            f"exports/{task.id}.json",
            f"exports/{task.id}.zip",
            f"outbox/{Task.get_by_id(task.id).mail.id}.eml",
        }
    assert not (data_dir() / "run" / "staging").exists()


def test_the_secret_is_in_the_backup(take_backup):
    (data_dir() / "secret_key").write_text("a" * 64)

    with tarfile.open(take_backup()) as tar:
        assert "secret_key" in tar.getnames()


def test_a_restored_site_is_that_of_the_backup(take_backup, restore, susan, write_posts, sign_in):
    write_posts(susan, "before")
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    path = take_backup()
    write_posts(susan, "after")
    expire_file(task)

    result = restore(path)

    assert result.exit_code == 0, result.output
    assert [post.body for post in Post.select()] == ["before"]
    assert [[post.body for post in PostIndex.search(word)] for word in ("before", "after")] == [
        ["before"],
        [],
    ]
    assert json.loads(Task.get().file.read_text())["posts"][0]["body"] == "before"


def test_what_was_there_before_is_kept(take_backup, restore, susan, write_posts):
    path = take_backup()
    write_posts(susan, "after")

    restore(path)

    [former] = (data_dir() / "before-restore").iterdir()
    old = type(db)(str(former / "microblog.db"))
    assert old.execute_sql("SELECT body FROM post").fetchall() == [("after",)]
    old.close_all()


def test_it_can_be_restored_into_an_empty_folder(take_backup, restore, susan):
    path = take_backup()
    path = path.rename(data_dir().parent / path.name)
    shutil.rmtree(data_dir())
    data_dir().mkdir()

    result = restore(path)

    assert result.exit_code == 0, result.output
    assert User.get().username == "susan"


def test_a_damaged_database_does_not_keep_a_backup_from_being_restored(take_backup, restore, susan):
    path = take_backup()
    db.close_all()
    (data_dir() / "microblog.db").write_bytes(b"no database" * 1000)

    result = restore(path)

    assert result.exit_code == 0, result.output
    assert User.get().username == "susan"
    assert [former.read_bytes()[:11] for former in data_dir().glob("before-restore/*/microblog.db")] == [
        b"no database"
    ]


def test_sessions_and_what_was_under_way_end(take_backup, restore, susan, sign_in):
    sign_in(susan)
    OneTimeToken.issue(RESET_PASSWORD, susan)
    Mail.create(kind="export_posts", recipient="susan@example.org")
    Task.create(name="export_posts", description="Exporting posts...", user=susan)
    path = take_backup()

    restore(path)

    assert not Session.select().exists()
    assert not OneTimeToken.select().exists()
    assert [(row.state, row.error) for row in (Task.get(), Mail.get())] == [(FAILED, RESTORED)] * 2
    assert not (data_dir() / "outbox").exists()


def test_what_a_browser_was_given_since_the_backup_is_void(app, take_backup, restore, susan):
    path = take_backup()
    credentials.revoke(credentials.EVERYWHERE, susan)
    susan, john = User.named("susan"), make_user("john")
    given = {user: device_cookies(app, user) for user in (susan, john)}
    for user, carried in given.items():
        assert is_known(app, carried, user)

    restore(path)

    for user in User.named("susan"), make_user("mary"):
        for carried in given.values():
            assert not is_known(app, carried, user)


def device_cookies(app, user):
    """The header of a browser in which *user* has signed in with a second factor."""
    with app.test_request_context():
        cookies.remember_account(user)
        remembered_devices.add(user)
        response = app.process_response(app.response_class())
    return "; ".join(cookie.partition(";")[0] for cookie in response.headers.getlist("Set-Cookie"))


def is_known(app, carried, user):
    with app.test_request_context(headers={"Cookie": carried}):
        return bool(cookies.device_of(user) or remembered_devices.knows(user))


def test_an_export_whose_file_is_there_only_loses_its_mail(take_backup, restore, susan):
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    Mail.delete().execute()
    Mail.create(kind="export_posts", recipient=susan.email, user=susan, task=task)

    restore(take_backup())

    row = Task.get_by_id(task.id)
    assert (row.state, row.file.exists()) == (SUCCEEDED, True)
    assert row.file_expires_at
    assert (row.mail.state, row.mail.error) == (FAILED, RESTORED)


def test_a_file_that_was_deleted_while_the_backup_was_written_is_not_offered(take_backup, restore, susan):
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    task.file.unlink()

    restore(take_backup())

    assert Task.get_by_id(task.id).file_expires_at is None


def test_a_running_worker_refuses_it(run, take_backup, susan):
    result = run("restore", take_backup())

    assert result.exit_code == 1
    assert "a background worker runs: stop the site first" in result.output


def test_an_open_database_refuses_it(run, take_backup, susan, app):
    path = take_backup()
    huey.lock.file.close()
    other = type(db)(db.database)
    other.execute_sql("SELECT 1 FROM user")
    try:
        result = run("restore", path)
    finally:
        other.close_all()
        db.connect(reuse_if_open=True)
        huey.lock.take()

    assert result.exit_code == 1
    assert "another process has the database open" in result.output


@contextmanager
def idle_web_server(settings):
    """A process of the same site that has an app, but has had no request."""
    code = "from microblog import create_app; app = create_app(); print('there', flush=True); input()"
    environment = {**os.environ, "DATA_DIR": str(settings.data_dir), "SECRET_KEY": settings.secret_key}
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, **streams) as server:
        assert server.stdout.readline() == "there\n"
        yield
        server.communicate("\n")


def test_a_web_server_that_nobody_asked_for_anything_yet_refuses_it(
    take_backup, restore, susan, settings, write_posts
):
    path = take_backup()
    write_posts(susan, "present")

    with idle_web_server(settings):
        result = restore(path)

    assert result.exit_code == 1
    assert "another process of this site is running: stop the site first" in result.output
    assert Post.get().body == "present"
    assert restore(path).exit_code == 0


def pack(file, name, content, mode="w:gz", **headers):
    """Make *file*, a path or an open one, an archive that holds one file, with more *headers*."""
    with tarfile.open(**{"name" if isinstance(file, Path) else "fileobj": file}, mode=mode) as tar:
        entry = tarfile.TarInfo(name)
        entry.pax_headers = headers
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))


def damaged_xz():
    """An archive whose beginning alone can be read."""
    archive = io.BytesIO()
    pack(archive, "exports/x.json", json.dumps(list(range(100_000))).encode(), mode="w")
    content = bytearray(lzma.compress(archive.getvalue()))
    middle = len(content) // 2
    content[middle : middle + 100] = bytes(100)
    return bytes(content)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_bytes(b"nothing of the kind"), "is no backup, or damaged"),
        (lambda path: path.write_bytes(b""), "is no backup, or damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-2000]), "is no backup, or damaged"),
        (lambda path: pack(path, "microblog.db", b"nothing of the kind"), "database cannot be used"),
        (lambda path: pack(path, "exports/x.json", b"{}"), "there is no database in it"),
        (lambda path: pack(path, "../evil", b""), "what is '../evil' doing in a backup?"),
        (
            lambda path: pack(path, "exports/x.json", b"{}", **{"GNU.sparse.map": "1,x"}),
            "is no backup, or damaged",
        ),
        (lambda path: path.write_bytes(damaged_xz()), "is no backup, or damaged"),
        (lambda path: pack(path, "/etc/evil", b""), "what is '/etc/evil' doing in a backup?"),
    ],
)
def test_what_is_no_sound_backup_changes_nothing(take_backup, restore, susan, write_posts, spoil, reason):
    path = take_backup()
    write_posts(susan, "present")
    spoil(path)

    result = restore(path)

    assert result.exit_code == 1
    assert "nothing was changed" in result.output
    assert reason in result.output
    assert result.output.count("\n") == 1
    assert Post.get().body == "present"
    assert not (data_dir() / "before-restore").exists()
    assert not (data_dir() / "run" / "staging").exists()


def test_a_backup_of_a_newer_version_is_refused(take_backup, restore, susan):
    db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")

    result = restore(take_backup())

    assert result.exit_code == 1
    assert "the database is newer than this version" in result.output


def test_a_backup_with_a_back_door_is_refused_in_one_line(take_backup, restore, susan, caplog):
    db.execute_sql("""
        CREATE TRIGGER "back\ndoor" AFTER INSERT ON user BEGIN UPDATE user SET is_admin = 1; END
    """)

    result = restore(take_backup())

    assert result.exit_code == 1
    assert "it has not Microblog's schema, see trigger 'back\\ndoor'" in result.output
    assert result.output.count("\n") == 1
    assert "0001_initial" not in caplog.text


@pytest.mark.parametrize("former", FORMER, ids=lambda path: path.stem)
def test_a_backup_of_a_former_version_is_brought_up_to_date_without_what_is_foreign(
    restore, tmp_path, former
):
    path = tmp_path / "former.db"
    old = sqlite3.connect(path)
    old.executescript(former.read_text())
    old.execute("CREATE TRIGGER door AFTER INSERT ON user BEGIN UPDATE user SET is_admin = 1; END")
    old.close()
    pack(tmp_path / "backup.tar.gz", "microblog.db", path.read_bytes())

    result = restore(tmp_path / "backup.tar.gz")

    assert result.exit_code == 0, result.output
    schema.refuse_foreign(db, TRIGGERS)
    assert User.named("susan")

    old = sqlite3.connect(path)
    old.execute("CREATE TABLE more (id)")
    old.close()
    pack(tmp_path / "backup.tar.gz", "microblog.db", path.read_bytes())
    assert "see table 'more'" in restore(tmp_path / "backup.tar.gz").output


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE task SET id = '../../evil'", "an id in the backup's database is none of Microblog's"),
        ("UPDATE task SET created_at = 'in spring'", "cannot be used: Invalid isoformat"),
        ("UPDATE post SET author_id = 99", "the backup's database is damaged"),
        ("UPDATE user SET username = 'a name'", "the backup's database is damaged"),
    ],
)
def test_rows_that_our_rules_forbid_are_refused(take_backup, restore, susan, write_posts, change, reason):
    write_posts(susan, "one")
    Task.create(name="export_posts", description="Exporting posts...", user=susan)
    for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
        db.execute_sql(f"PRAGMA {pragma}")
    db.execute_sql(change)
    path = take_backup() if "username" not in change else None
    if path is None:
        # No backup of ours is made of it: the copy is checked as well.
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        path = data_dir().parent / "backup.tar.gz"
        pack(path, "microblog.db", (data_dir() / "microblog.db").read_bytes())

    result = restore(path)

    assert result.exit_code == 1
    assert reason in result.output


@pytest.mark.parametrize(
    ("key", "base_url", "reason"),
    [
        (b"x", "", "needs 16 characters or more"),
        (b"", "", "needs 16 characters or more"),
        (b"\xff" * 40, "", "is no text"),
        (b"0123456789abcdef", "https://example.org", "must have 32 random characters or more under https"),
        (b"a" * 64, "https://example.org", "must have 32 random characters or more under https"),
    ],
)
def test_a_key_in_a_backup_must_be_as_good_as_one_in_the_settings(
    app, take_backup, restore, susan, monkeypatch, key, base_url, reason
):
    changed = dataclasses.replace(app.config["SETTINGS"], base_url=base_url)
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    (data_dir() / "secret_key").write_bytes(key)

    result = restore(take_backup())

    assert result.exit_code == 1
    assert f"the backup's secret_key {reason}" in result.output
    assert result.output.count("\n") == 1


def test_a_missing_file_is_named(run):
    result = run("restore", "nowhere.tar.gz")

    assert result.exit_code == 2
    assert "nowhere.tar.gz" in result.output


def test_a_backup_that_cannot_be_written_says_why_and_leaves_nothing(run, susan):
    (data_dir() / "backups").write_text("a file in the way")

    result = run("backup")

    assert result.exit_code == 1
    assert "no backup was written" in result.output


def test_nightly_backups_are_kept_for_seven_nights_and_others_for_ever(susan, take_backup):
    own = take_backup()
    User.update(created_at=clock.now() - timedelta(days=2)).execute()

    for _ in range(9):
        nightly.back_up()

    kept = sorted((data_dir() / "backups").iterdir())
    assert own in kept
    assert len(kept) == 1 + 7


@pytest.mark.parametrize("place", ["a link", "a disk"])
def test_backups_on_another_disk_are_written_and_restored(restore, run, susan, tmp_path_factory, place):
    folder = data_dir() / "backups"
    if place == "a link":
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        folder.symlink_to(elsewhere)
    with small_disk(elsewhere if place == "a link" else folder, "4m"):
        result = run("backup")
        assert result.exit_code == 0, result.output
        [path] = folder.iterdir()

        result = restore(path)

        assert result.exit_code == 0, result.output
    assert User.get().username == "susan"


@pytest.mark.parametrize("name", ["exports", "outbox", "before-restore"])
def test_a_restore_leaves_a_disk_of_its_own_where_it_is(take_backup, restore, susan, write_posts, name):
    write_posts(susan, "before")
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    path = take_backup()
    shutil.rmtree(data_dir() / name, ignore_errors=True)
    with small_disk(data_dir() / name, "4m"):
        result = restore(path)

        assert result.exit_code == 0, result.output
        assert (data_dir() / name).is_mount()
        assert Task.get_by_id(task.id).file.exists()
        assert Task.get_by_id(task.id).mail.is_in_outbox
        [former] = (data_dir() / "before-restore").iterdir()
        assert (former / "microblog.db").exists()


def test_backups_that_are_a_link_to_a_disk_that_is_not_there_say_so(run, susan):
    (data_dir() / "backups").symlink_to("/nowhere/at/all")

    result = run("backup")

    assert result.exit_code == 1
    assert "the link leads to /nowhere/at/all, which is not there" in result.output


def test_a_half_written_backup_goes_with_the_next_one_and_is_never_taken_for_one(run, susan):
    half = data_dir() / "backups" / "nightly-2026-01-01-000000-000000.tar.part"
    half.parent.mkdir()
    half.write_bytes(b"half")

    assert backup.newest() is None
    run("backup")

    assert not half.exists()


def test_what_is_behind_links_is_in_the_backup(take_backup, restore, susan):
    key = data_dir().with_name("key")
    key.write_text("a" * 64)
    (data_dir() / "secret_key").symlink_to(key)

    path = take_backup()

    with tarfile.open(path) as tar:
        assert tar.getmember("secret_key").isfile()


def test_a_restore_onto_a_full_disk_changes_nothing(take_backup, restore, susan, write_posts):
    task = Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    path = take_backup()
    write_posts(susan, "present")
    expire_file(task)
    shutil.rmtree(data_dir() / "exports")
    with small_disk(data_dir() / "exports", "4k"):
        (data_dir() / "exports" / "full.json").write_text("x" * 4000)

        result = restore(path)

        assert result.exit_code == 1
        assert "nothing was changed: [Errno 28] No space left on device" in result.output
        assert result.output.count("\n") == 1
        assert Post.get().body == "present"
        assert not (data_dir() / "before-restore").exists()


def test_a_restore_ends_with_what_to_do_now(take_backup, restore, susan):
    told = restore(take_backup()).output

    for what in ("start the site", "sign in again", "new tokens", "doctor"):
        assert what in told


def test_a_site_younger_than_a_day_has_no_nightly_backup_yet(susan):
    nightly.back_up()

    assert not (data_dir() / "backups").exists()

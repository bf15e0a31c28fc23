"""
Whatever the doctor can say is provoked here, in the words that its reader sees.

What mail and queue servers cause has tables of its own: ``test_mail_advice``, ``test_queue_advice``.
"""

import ast
import inspect
import os
import re
from datetime import timedelta
from itertools import product

import pytest
from peewee import OperationalError

from microblog import demo
from microblog.base import clock
from microblog.base.config import Settings
from microblog.base.database import data_dir, db
from microblog.cli.checks import MARKS
from microblog.models import Site
from microblog.ops import backup, database_advice, doctor, probes, rehearsal
from microblog.ops.restore import CannotRestore
from microblog.tasks import hold
from microblog.tasks.queue import huey
from microblog.tasks.task import Task
from tests.end_to_end.running_site import free_port
from tests.posts import write_at

HTTPS = {"base_url": "https://blog.example.org", "trusted_proxies": ("127.0.0.1",)}
# Not Redis' default, where another program's server may answer.
NO_QUEUE = "unix:///dev/null"


def old_sqlite(patch):
    patch.setattr(doctor.sqlite3, "sqlite_version_info", (3, 51, 2))


def link_to_nowhere(_patch):
    (data_dir() / "backups").symlink_to("/nowhere")


def file_for_a_folder(_patch):
    (data_dir() / "backups").touch()


def folder_for_a_file(_patch):
    (data_dir() / "secret_key").mkdir()


def file_of_another(_patch):
    if os.geteuid() != 0:
        pytest.skip("only root may give a file away")
    os.chown(data_dir() / "run", 65534, -1)


def open_to_others(_patch):
    data_dir().chmod(0o755)


def no_data_folder(_patch):
    return {"data_dir": data_dir() / "gone"}


def unforeseen(patch):
    def fail(_path):
        raise RuntimeError("out of\nreach")

    patch.setattr(doctor.shutil, "disk_usage", fail)


def full_disk(patch):
    patch.setattr(doctor, "SPARE_BYTES", 2**60)


def no_database(_patch):
    db.close_all()
    (data_dir() / "microblog.db").unlink()


def not_a_database(_patch):
    db.close_all()
    (data_dir() / "microblog.db").write_bytes(b"none" * 1000)


def torn_database(_patch):
    db.close_all()
    path = data_dir() / "microblog.db"
    # The last of its pages, which nobody reads who asks only for the schema.
    path.write_bytes(path.read_bytes()[:-4096] + b"\xff" * 4096)


def missing_index_entry(_patch):
    db.execute_sql("CREATE INDEX of_names ON user (username)")
    db.execute_sql("PRAGMA writable_schema = ON")
    db.execute_sql("UPDATE sqlite_schema SET sql = replace(sql, 'username', 'email') WHERE name = 'of_names'")
    db.close_all()


def missing_table(_patch):
    db.execute_sql("PRAGMA foreign_keys = OFF")
    db.execute_sql("DROP TABLE post")
    db.close_all()


def refusing(patch, words):
    def refuse():
        raise OperationalError(words)

    patch.setattr(doctor.Post, "ahead", refuse)


def locked_database(patch):
    refusing(patch, "database is locked")


def failing_disk(patch):
    refusing(patch, "disk I/O error")


def folder_for_the_database(patch):
    no_database(patch)
    (data_dir() / "microblog.db" / "full").mkdir(parents=True)


def former_version(_patch):
    db.execute_sql("DELETE FROM schema_migration WHERE name = (SELECT max(name) FROM schema_migration)")


def later_version(_patch):
    db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')")


def nothing(_patch):
    pass


def no_backup_for_days(patch):
    now = clock.now() + timedelta(days=3)
    patch.setattr(clock, "now", lambda: now)


def old_backup(_patch):
    then = clock.now().timestamp() - 3 * 24 * 3600
    os.utime(backup.write(), (then, then))


def damaged_backup(_patch):
    backup.write().write_bytes(b"damaged")
    with pytest.raises(CannotRestore):
        rehearsal.rehearse_newest()


def queue_not_started(patch):
    patch.setattr(Settings, "queue_url", NO_QUEUE)


def queue_died(_patch):
    (data_dir() / "run" / "queue.url").write_text(NO_QUEUE)


def named_queue_is_down(_patch):
    return {"redis_url": NO_QUEUE}


def no_worker(patch):
    patch.setattr(huey.lock, "living", list)


def waiting_task(_patch):
    Task.create(name="x", description="x", run_after=clock.now() - timedelta(hours=1))


def waiting_for_the_queue(patch):
    waiting_task(patch)
    patch.setattr(type(huey), "takes_messages", False)


def held_work(_patch):
    hold.begin("a test")


def no_mail_server(_patch):
    return HTTPS


def unreachable_mail_server(_patch):
    return {"mail_server": "127.0.0.1", "mail_port": free_port()}


def sender_that_cannot_be_sent(patch):
    def refuse(_sender):
        raise UnicodeError

    patch.setattr(doctor.smtp, "rehearse", refuse)
    return {"mail_server": "127.0.0.1", "mail_default_sender": "jörg@example.org"}


def password_in_the_clear(patch):
    patch.setattr(doctor.smtp, "rehearse", lambda _sender: None)
    return {"mail_server": "mail.example.org", "mail_password": "hush"}


def unknown_proxy(_patch):
    return HTTPS | {"trusted_proxies": ()}


def no_https(_patch):
    return {"base_url": "http://blog.example.org"}


def known_password(_patch):
    demo.fill(users=3, posts=0, follows=0, seed=1)
    return HTTPS


def wrong_clock(_patch):
    write_at(clock.now() + timedelta(days=2), demo_user(), "x")


def closed_by_upgrade(_patch):
    Site.update(began_open=True).execute()
    return {"registration": ""}


def demo_user():
    demo.fill(users=1, posts=0, follows=0, seed=1)
    return doctor.User.get()


def no_web_server(_patch):
    pass


def sick_web_server(patch):
    patch.setattr(probes, "answer_of", lambda *_, **__: 503)


# What the doctor prints, without the line break; … stands for whatever differs from site to site.
SAID = {
    old_sqlite: "! SQLite: … can, very rarely, damage a file that two processes write "
    "→ use a Python with SQLite 3.51.3 or newer; pip install pysqlite3 where there is a wheel",
    link_to_nowhere: "✗ data folder: …/backups is a link to /nowhere, which is not there "
    "→ mount the disk that it leads to, or remove the link: rm …/backups",
    file_for_a_folder: "✗ data folder: …/backups is no folder → mv …/backups ….aside",
    folder_for_a_file: "✗ data folder: …/secret_key is no file → mv …/secret_key ….aside",
    file_of_another: "✗ data folder: not all in it is yours, as …/run → sudo chown -R '#…' …",
    open_to_others: "✗ data folder: others may read … → chmod -R go-rwx …",
    no_data_folder: "✗ data folder: [Errno 2] No such file or directory: '…' → ls -la …",
    unforeseen: "✗ disk: could not be checked: RuntimeError: out of reach "
    "→ a fault of Microblog, or of what it runs on: LOG_LEVEL=DEBUG tells where",
    full_disk: "✗ disk: … MiB free → make room: … MiB are needed for backups and exports",
    no_database: "✗ database: there is no … yet → .venv/bin/flask migrate",
    not_a_database: "✗ database: the database does not answer: file is not a database "
    "→ .venv/bin/flask restore FILE",
    torn_database: "✗ database: the database does not answer: … malformed → .venv/bin/flask restore FILE",
    missing_index_entry: "✗ database: damaged: … → .venv/bin/flask restore FILE",
    missing_table: "✗ posts: the database does not answer: no such table: post → .venv/bin/flask migrate",
    locked_database: "✗ posts: the database does not answer: database is locked "
    "→ end the other program that has it open: lsof names it",
    folder_for_the_database: "✗ database: the database does not answer: unable to open database file "
    "→ let the user of the site read and write it, if it is a file, and its folder",
    failing_disk: "✗ posts: the database does not answer: disk I/O error "
    "→ see whether the disk is sound: dmesg; else .venv/bin/flask restore FILE",
    former_version: "✗ database: not brought up to date: … → .venv/bin/flask migrate",
    later_version: "✗ database: the database is newer than this version: it knows 9999_later → git pull",
    nothing: "! backups: there is none yet → .venv/bin/flask backup",
    no_backup_for_days: "✗ backups: there is none, and the site is 3 days old "
    "→ .venv/bin/flask backup, then see in the log why no night wrote one",
    old_backup: "✗ backups: the newest is 3 days old "
    "→ .venv/bin/flask backup, then see in the log why no night wrote one",
    damaged_backup: "✗ backups: the newest is … old and cannot be restored: … → .venv/bin/flask backup",
    queue_not_started: "✗ queue: the bundled queue server is not running → start the site: ./run.sh",
    queue_died: "✗ queue: takes no messages: … → start the site: ./run.sh",
    named_queue_is_down: "✗ queue: takes no messages: … → start the server that REDIS_URL names",
    no_worker: "✗ worker: none is alive → start the site: ./run.sh, or start its worker service",
    waiting_task: "✗ worker: a task has been waiting for 1 hour "
    "→ see what keeps the workers busy: .venv/bin/flask tasks list; or set WORKERS higher",
    waiting_for_the_queue: "✗ worker: a task has been waiting for 1 hour "
    "→ see above: the queue takes no messages, so no worker hears of it",
    held_work: "! worker: new work is held since … UTC → .venv/bin/flask tasks resume",
    no_mail_server: "! mail: no MAIL_SERVER: mails lie in …/outbox → set MAIL_SERVER",
    unreachable_mail_server: "✗ mail: 127.0.0.1:…: … → set MAIL_SERVER and MAIL_PORT…",
    sender_that_cannot_be_sent: "✗ mail: no mail can be sent by … "
    "→ set MAIL_DEFAULT_SENDER, or the first of ADMINS, to an address with a-z before the @",
    password_in_the_clear: "! mail: the password travels in the clear "
    "→ set MAIL_USE_TLS=on or MAIL_USE_SSL=on",
    unknown_proxy: "! address: every visitor looks like the proxy to the limits "
    "→ set TRUSTED_PROXIES=127.0.0.1, or where the proxy is",
    no_https: "! address: http://blog.example.org: passwords travel in the clear "
    "→ set BASE_URL=https://…, with a proxy that speaks it",
    known_password: "! demo people: 3, who cannot sign in: others can reach the site, "
    "and everybody knows the password → remove them on the page Administration, People",
    wrong_clock: "! posts: dated in the future, by a clock that was wrong: … "
    "→ set the clock; they stand above all others until they are deleted",
    closed_by_upgrade: "! registration: people need an invitation now, because REGISTRATION is not set: "
    "until this version that let everybody in "
    "→ set REGISTRATION=open to let everybody in, else REGISTRATION=invite",
    no_web_server: "✗ web server: 127.0.0.1:…: … → start the site: ./run.sh",
    sick_web_server: "✗ web server: 127.0.0.1:… answers 503 → start the site: ./run.sh",
}


@pytest.mark.parametrize("cause", SAID, ids=lambda cause: cause.__name__)
def test_the_doctor_says_what_it_is_and_what_to_do(app, susan, examine, monkeypatch, cause):
    data_dir().chmod(0o700)
    part = SAID[cause][2:].partition(":")[0]

    with app.app_context():
        changed = cause(monkeypatch) or {}
        found = examine(**changed)[part]
    db.close_all()

    said = f"{MARKS[found.grade][0]} {found.part}: {found.what} → {found.remedy}"
    assert re.fullmatch(re.escape(SAID[cause]).replace("…", ".+"), said, re.DOTALL), said


def test_whatever_the_doctor_can_say_is_provoked_here():
    patterns = list(sayings())
    heard = {one: [said for said in SAID.values() if re.fullmatch(one, said)] for one in patterns}

    assert [one for one, said in heard.items() if not said] == []
    assert len(patterns) > 20


def test_whatever_it_says_of_a_database_is_provoked_here():
    remedies = {*database_advice.BY_WORDS.values(), database_advice.OTHERWISE}
    heard = [said for said in SAID.values() if "the database does not answer" in said]

    for words, remedy in database_advice.BY_WORDS.items():
        assert any(words in said and said.endswith(f" → {remedy}") for said in heard), words
    assert {said.partition(" → ")[2] for said in heard} == remedies


def sayings():
    """A pattern of each fault and warning that is written in the doctor's own code."""
    parts = {check.__name__: part for part, check in doctor.CHECKS.items()}
    marks = {name: MARKS[getattr(doctor, name)][0] for name in ("FAULT", "WARNING")}
    for function in ast.walk(ast.parse(inspect.getsource(doctor))):
        if isinstance(function, ast.FunctionDef):
            part = parts.get(function.name, ".+")
            for node in ast.walk(function):
                match node:
                    case ast.Tuple([ast.Name(grade), *said]) if grade in marks:
                        what, remedy = said
                        known = names_in(function, before=node.lineno)
                        for words in product(patterns_of(what, known), patterns_of(remedy, known)):
                            yield f"{marks[grade]} {part}: {' → '.join(words)}"


def names_in(function, before):
    """The expression that each local name stands for in the line *before*."""
    assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and node.lineno < before]
    return {
        node.targets[0].id: node.value
        for node in sorted(assigned, key=lambda node: node.lineno)
        if isinstance(node.targets[0], ast.Name)
    }


def patterns_of(node, known):
    """A pattern of each text that the expression *node* can have; ``.+`` where only a running site knows."""
    match node:
        case ast.Constant(str(text)):
            return [re.escape(text)]
        case ast.Name(name) if isinstance(getattr(doctor, name, None), str):
            return [re.escape(getattr(doctor, name))]
        case ast.Name(name) if name in known:
            return patterns_of(known[name], known)
        case ast.JoinedStr(values):
            return ["".join(words) for words in product(*(patterns_of(value, known) for value in values))]
        case ast.FormattedValue(value):
            return patterns_of(value, known)
        case ast.IfExp(_, one, other):
            return patterns_of(one, known) + patterns_of(other, known)
        case ast.Call(args=args):
            named = [arg for arg in args if isinstance(arg, ast.Name)]
            return [one for arg in named for one in patterns_of(arg, known)] or [".+"]
    return [".+"]

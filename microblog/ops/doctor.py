"""Checks the site: what is well, what could be better, what is wrong, and the command that fixes it."""

import os
import platform
import shutil
import ssl
from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from http.client import HTTPException
from smtplib import SMTPAuthenticationError
from typing import NamedTuple

from dotenv import dotenv_values
from flask import current_app
from peewee import PeeweeException, fn, sqlite3
from redis.exceptions import RedisError

from microblog.base import clock, database, schema
from microblog.base.config import ENV_FILE, is_loopback
from microblog.mail.smtp import mail
from microblog.models import Session
from microblog.ops import queue_probe
from microblog.ops.web_probe import answer_of, reachable_address
from microblog.tasks.queue import huey
from microblog.tasks.task import Task

WELL, WARNING, FAULT = "well", "warning", "fault"
FLASK = ".venv/bin/flask --app microblog"
START = "start the site: ./run.sh"
MIB = 1024**2
SPARE_BYTES = 200 * MIB


class Finding(NamedTuple):
    """*grade* of *part*: *what* was seen, and the *remedy*, ``""`` if nothing needs to be done."""

    grade: str
    part: str
    what: str
    remedy: str = ""


def examine():
    """Check everything and yield a Finding for each thing checked; nothing is changed."""
    settings = current_app.config["SETTINGS"]
    for part, check in CHECKS.items():
        try:
            found = check(settings)
            for grade, *said in [found] if isinstance(found, tuple) else found:
                yield Finding(grade, part, *said)
        except PeeweeException as error:
            yield Finding(FAULT, part, f"the database does not answer: {error}", f"{FLASK} migrate")
        except OSError as error:
            yield Finding(FAULT, part, str(error), f"ls -la {settings.data_dir}")


def _check_sqlite(_settings):
    if not loses_writes(sqlite3.sqlite_version_info):
        return WELL, sqlite3.sqlite_version
    what = f"{sqlite3.sqlite_version} can, very rarely, damage a file that two processes write"
    remedy = "use a Python with SQLite 3.51.3 or newer; pip install pysqlite3 where there is a wheel"
    return WARNING, what, remedy


def loses_writes(version):
    """Whether SQLite of this *version*, a tuple, has the fault of https://sqlite.org/wal.html#walresetbug."""
    fixed = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}
    return version < fixed.get(version[:2], (3, 51, 3))


def _check_data_folder(settings):
    folder = settings.data_dir
    return list(_faults_of(folder)) or (WELL, f"{folder}, for its owner only")


def _faults_of(folder):
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        yield FAULT, f"{folder} belongs to user {owner}, not to you", f"sudo -u '#{owner}' {FLASK} doctor"
        return
    if not os.access(folder, os.W_OK):
        yield FAULT, f"{folder} cannot be written", f"chmod u+w {folder}"
    inside = dict(_stats_in(folder))
    # Perhaps root ran a command: the site will need to change what that wrote.
    if foreign := [path for path, stat in inside.items() if stat.st_uid != owner]:
        yield FAULT, f"not all in it is yours, as {foreign[0]}", f"sudo chown -R '#{owner}' {folder}"
    if _is_open(folder.stat()):
        yield FAULT, f"others may read {folder}", f"chmod -R go-rwx {folder}"
    # Protected by the folder's mode, but any copy of the file would be readable.
    elif opened := [path for path, stat in inside.items() if _is_open(stat)]:
        yield WARNING, f"only the folder keeps others from {opened[0]}", f"chmod -R go-rwx {folder}"


def _stats_in(folder):
    """Each path in *folder* and its stat, but for links, which have no mode, and ``lost+found``."""
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if not path.is_symlink() and path.name != "lost+found":
                yield path, path.stat()


def _is_open(stat):
    return stat.st_mode & 0o077


def _check_env_file(settings):
    if ENV_FILE.exists() and _is_open(ENV_FILE.stat()):
        filled = {name for name, value in dotenv_values(ENV_FILE).items() if value}
        if told := filled & {field.name.upper() for field in fields(settings) if not field.repr}:
            what = f"others may read {', '.join(sorted(told))} in {ENV_FILE}"
            yield FAULT, what, f"chmod go-rwx {ENV_FILE}"


def _check_disk(settings):
    free = shutil.disk_usage(settings.data_dir).free
    # A backup copies the database before it packs it.
    needed = SPARE_BYTES + 2 * _database_bytes(settings)
    remedy = f"make room: {needed // MIB:,} MiB are needed for backups and exports"
    what = f"{free // MIB:,} MiB free"
    return (WELL, what) if free >= needed else (FAULT, what, remedy)


def _check_database(settings):
    if not _database_bytes(settings):
        return FAULT, f"there is no {settings.data_dir / database.FILE_NAME} yet", f"{FLASK} migrate"
    with database.connected():
        damage = database.db.execute_sql("PRAGMA integrity_check(1)").fetchone()[0]
        if damage != "ok":
            return FAULT, f"damaged: {damage}", f"{FLASK} restore FILE"
        try:
            waiting = ", ".join(schema.pending())
        except schema.SchemaError as error:
            return FAULT, str(error), "git pull"
    if waiting:
        return FAULT, f"not brought up to date: {waiting}", f"{FLASK} migrate"
    return WELL, f"sound, up to date, {_database_bytes(settings) // MIB:,} MiB"


def _check_backups(settings):
    written_at = [path.stat().st_mtime for path in (settings.data_dir / "backups").glob("*.tar.gz")]
    if not written_at:
        return WARNING, "there is none yet", f"{FLASK} backup"
    age = timedelta(seconds=clock.now().timestamp() - max(written_at))
    what = f"{len(written_at)}, the newest {_hours(age)} old"
    if age > timedelta(days=2):
        return FAULT, what, f"{FLASK} backup, then see in the log why no night wrote one"
    return WELL, what


def _check_queue(settings):
    client = queue_probe.client(settings.queue_url)
    try:
        _name, version = queue_probe.product(client.info())
    except RedisError as error:
        stopped = not settings.redis_url and not settings.queue_url_file.exists()
        what = "the bundled queue server is not running" if stopped else f"does not answer: {error}"
        yield FAULT, what, "start the server that REDIS_URL names" if settings.redis_url else START
        return
    if queue_probe.major(version) < queue_probe.OLDEST_VERSION:
        yield FAULT, f"version {version}", "install Redis 5, Valkey 7.2 or newer"
    if forgetful := ", ".join(queue_probe.forgetful_settings(client)):
        remedy = "in its configuration: appendonly yes, maxmemory-policy noeviction"
        yield WARNING, f"tasks come late when it restarts: {forgetful}", remedy
    else:
        yield WELL, f"version {version} answers"


def _check_worker(settings):
    living = huey.lock.living()
    if not living:
        return FAULT, "none is alive", f"{START}, or start its worker service"
    oldest = _ask_database(settings, lambda: Task.due().first())
    age = clock.now() - oldest.run_after if oldest else timedelta()
    if age > timedelta(minutes=5):
        remedy = f"see what keeps the workers busy: {FLASK} tasks list; or set WORKERS higher"
        return FAULT, f"a task has been waiting for {_hours(age)}", remedy
    return WELL, f"{len(living)} alive"


def _check_mail(settings):
    if not settings.mail_server:
        what = f"no MAIL_SERVER: mails lie in {settings.data_dir / 'outbox'}"
        yield (WARNING, what, "set MAIL_SERVER") if settings.https else (WELL, what)
        return
    where = f"{settings.mail_server}:{settings.mail_port}"
    try:
        with mail.connect():
            yield WELL, f"{where} lets the site in; to send one: {FLASK} mail-test ADDRESS"
    except SMTPAuthenticationError as error:
        yield FAULT, f"{where} refuses: {error}", "set MAIL_USERNAME and MAIL_PASSWORD"
    except ssl.SSLError as error:
        ports = "set MAIL_USE_SSL=on for port 465, MAIL_USE_TLS=on for 587"
        yield FAULT, f"{where}: {error}", f"{ports}; MAIL_SERVER as in its certificate"
    except OSError as error:
        yield FAULT, f"{where}: {error}", "set MAIL_SERVER and MAIL_PORT; is a firewall between?"
    encrypted = settings.mail_use_tls or settings.mail_use_ssl or is_loopback(settings.mail_server)
    if settings.mail_password and not encrypted:
        yield WARNING, "the password travels in the clear", "set MAIL_USE_TLS=on or MAIL_USE_SSL=on"
    if not (settings.mail_default_sender or settings.admins):
        yield WARNING, f"comes from {settings.sender}", "set MAIL_DEFAULT_SENDER"


def _check_clock(settings):
    newest = _ask_database(settings, Session.select(fn.MAX(Session.seen_at)).scalar)
    now, remedy = f"{clock.now():%Y-%m-%d %H:%M:%SZ}", "timedatectl set-ntp true"
    if newest and newest - clock.now() > timedelta(seconds=5):
        return FAULT, f"{now}, but somebody was here at {newest:%Y-%m-%d %H:%M:%SZ}", remedy
    if not clock.is_synchronized():
        return WARNING, f"{now}, which no time server keeps right", remedy
    return WELL, now


def _check_address(settings):
    if settings.https:
        yield WELL, f"{settings.site_url}, cookies by https only"
        if not settings.trusted_proxies:
            what = "every visitor looks like the proxy to the limits"
            yield WARNING, what, "set TRUSTED_PROXIES=127.0.0.1, or where the proxy is"
    elif settings.on_loopback and not settings.base_url:
        yield WELL, f"{settings.site_url}, from this machine only"
    else:
        what = f"{settings.site_url}: passwords travel in the clear"
        yield WARNING, what, "set BASE_URL=https://…, with a proxy that speaks it"


def _check_web_server(settings):
    where = reachable_address(settings)
    try:
        status = answer_of(settings, "/livez", timeout_s=5)
    except (OSError, HTTPException) as error:
        return FAULT, f"{where}: {error}", START
    what = f"{where} answers {status}"
    return (WELL, what) if status == 200 else (FAULT, what, START)


def _ask_database(settings, ask):
    """What *ask()* returns; None if there is no database, because opening one would create it."""
    if not _database_bytes(settings):
        return None
    with database.connected():
        return ask()


def _database_bytes(settings):
    path = settings.data_dir / database.FILE_NAME
    return path.stat().st_size if path.exists() else 0


def _hours(age):
    """*age*, a timedelta, as ``90 min`` or ``3 h``."""
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


# In the order in which they are told; each returns what else a Finding has, or several of them.
CHECKS = {
    "Python": lambda _settings: (WELL, platform.python_version()),
    "SQLite": _check_sqlite,
    "data folder": _check_data_folder,
    "settings": _check_env_file,
    "disk": _check_disk,
    "database": _check_database,
    "backups": _check_backups,
    "queue": _check_queue,
    "worker": _check_worker,
    "mail": _check_mail,
    "clock": _check_clock,
    "address": _check_address,
    "web server": _check_web_server,
}

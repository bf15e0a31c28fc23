"""Looks the site over: what is well, what could be better, what is wrong, and the line that mends it."""

import os
import platform
import shutil
import ssl
import stat
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from smtplib import SMTPAuthenticationError
from typing import NamedTuple

from flask import current_app
from peewee import PeeweeException, fn, sqlite3
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from microblog import clock, database
from microblog.config import is_loopback
from microblog.database import SchemaError, connected, db
from microblog.mail import mail
from microblog.models import Session, Task
from microblog.premises import reachable_address
from microblog.queue import huey

WELL, WARNING, FAULT = "well", "warning", "fault"

MIB = 1024**2
SPARE_BYTES = 200 * MIB
OLDEST_QUEUE_SERVER = 5
LONGEST_WAIT = timedelta(minutes=5)
OLDEST_BACKUP = timedelta(days=2)
CLOCK_TOLERANCE = timedelta(seconds=5)
FLASK = "flask --app microblog"


class Finding(NamedTuple):
    """*grade* of *part*: *what* was seen, and what to do about it, ``""`` when nothing is to be done."""

    grade: str
    part: str
    what: str
    remedy: str = ""


def examine():
    """Look at everything and yield a Finding for each thing looked at; nothing is changed."""
    settings = current_app.config["SETTINGS"]
    for check in (
        check_python,
        check_sqlite,
        check_data_folder,
        check_disk,
        check_database,
        check_backups,
        check_queue,
        check_worker,
        check_mail,
        check_clock,
        check_address,
        check_web_server,
    ):
        try:
            yield from check(settings)
        except PeeweeException as error:
            yield Finding(FAULT, _name(check), f"the database does not answer: {error}", f"{FLASK} migrate")
        except OSError as error:
            yield Finding(FAULT, _name(check), str(error), f"ls -la {settings.data_dir}")


def check_python(_settings):
    version = platform.python_version()
    yield Finding(WELL, "Python", version)


def check_sqlite(_settings):
    version = sqlite3.sqlite_version_info
    if loses_writes(version):
        yield Finding(
            WARNING,
            "SQLite",
            f"{sqlite3.sqlite_version} can, very rarely, damage a file that two processes write",
            "use a Python with SQLite 3.51.3 or newer; pip install pysqlite3 where there is a wheel",
        )
    else:
        yield Finding(WELL, "SQLite", sqlite3.sqlite_version)


def loses_writes(version):
    """Whether SQLite of this *version*, a tuple, has the fault of https://sqlite.org/wal.html#walresetbug."""
    mended = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}
    return version < mended.get(version[:2], (3, 51, 3))


def check_data_folder(settings):
    folder = settings.data_dir
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        yield Finding(
            FAULT,
            "data folder",
            f"{folder} belongs to user {owner}, not to you",
            f"sudo -u '#{owner}' {FLASK} doctor",
        )
    # A folder that is closed to others closes all that is in it.
    is_open = stat.S_IMODE(folder.stat().st_mode) & 0o077
    if is_open:
        yield Finding(FAULT, "data folder", f"others may read {folder}", f"chmod -R go-rwx {folder}")
    if not os.access(folder, os.W_OK):
        yield Finding(FAULT, "data folder", f"{folder} cannot be written", f"chmod u+w {folder}")
    elif owner == os.geteuid() and not is_open:
        yield Finding(WELL, "data folder", f"{folder}, for its owner only")


def check_disk(settings):
    free = shutil.disk_usage(settings.data_dir).free
    # A backup copies the database before it packs it.
    needed = SPARE_BYTES + 2 * _size(settings.data_dir / database.FILE_NAME)
    what = f"{free // MIB:,} MiB free"
    if free < needed:
        remedy = f"make room: {needed // MIB:,} MiB are needed for backups and exports"
        yield Finding(FAULT, "disk", what, remedy)
    else:
        yield Finding(WELL, "disk", what)


def check_database(settings):
    path = settings.data_dir / database.FILE_NAME
    if not path.exists():
        yield Finding(FAULT, "database", f"there is no {path} yet", f"{FLASK} migrate")
        return
    with connected():
        if damages := [row for (row,) in db.execute_sql("PRAGMA integrity_check") if row != "ok"]:
            yield Finding(FAULT, "database", f"damaged: {damages[0]}", f"{FLASK} restore FILE")
            return
        try:
            waiting = database.pending()
        except SchemaError as error:
            yield Finding(FAULT, "database", str(error), "git pull")
            return
    if waiting:
        yield Finding(FAULT, "database", f"not brought up to date: {', '.join(waiting)}", f"{FLASK} migrate")
    else:
        yield Finding(WELL, "database", f"sound, up to date, {_size(path) // MIB:,} MiB")


def check_backups(settings):
    backups = list((settings.data_dir / "backups").glob("*.tar.gz"))
    if not backups:
        yield Finding(WARNING, "backups", "there is none yet", f"{FLASK} backup")
        return
    newest = max(backups, key=lambda path: path.stat().st_mtime)
    age = timedelta(seconds=clock.now().timestamp() - newest.stat().st_mtime)
    what = f"{len(backups)}, the newest {_hours(age)} old"
    if age > OLDEST_BACKUP:
        yield Finding(FAULT, "backups", what, f"{FLASK} backup, then see in the log why no night wrote one")
    else:
        yield Finding(WELL, "backups", what)


def check_queue(settings):
    start = "start the site: ./run.sh" if not settings.redis_url else "start the server that REDIS_URL names"
    retry = Retry(NoBackoff(), 0)
    client = Redis.from_url(settings.queue_url, socket_timeout=2, socket_connect_timeout=2, retry=retry)
    try:
        facts = client.info()
    except RedisError as error:
        yield Finding(FAULT, "queue", f"does not answer: {error}", start)
        return
    version = facts.get("valkey_version", facts["redis_version"])
    if int(version.split(".")[0]) < OLDEST_QUEUE_SERVER:
        yield Finding(FAULT, "queue", f"version {version}", "install Redis 5, Valkey 7.2 or newer")
    faults = [f"{name} is {is_now!r}" for name, is_now, good in _queue_settings(client) if is_now != good]
    if faults:
        remedy = "in its configuration: appendonly yes, maxmemory-policy noeviction"
        yield Finding(WARNING, "queue", f"tasks come late when it restarts: {', '.join(faults)}", remedy)
    else:
        yield Finding(WELL, "queue", f"version {version} answers")


def check_worker(settings):
    living = huey.worker.living()
    if not living:
        yield Finding(
            FAULT, "worker", "none is alive", "start the site: ./run.sh, or start its worker service"
        )
        return
    oldest = _from_database(settings, lambda: Task.due().first())
    age = clock.now() - oldest.run_after if oldest else timedelta()
    if age > LONGEST_WAIT:
        remedy = f"see what keeps the workers: {FLASK} tasks list; or set WORKERS higher"
        yield Finding(FAULT, "worker", f"a task has been waiting for {_hours(age)}", remedy)
    else:
        yield Finding(WELL, "worker", f"{len(living)} alive")


def check_mail(settings):
    if not settings.mail_server:
        grade = WARNING if settings.https else WELL
        what = f"no MAIL_SERVER: mails lie in {settings.data_dir / 'outbox'}"
        yield Finding(grade, "mail", what, "set MAIL_SERVER" if settings.https else "")
        return
    where = f"{settings.mail_server}:{settings.mail_port}"
    try:
        with mail.connect():
            yield Finding(WELL, "mail", f"{where} lets us in; a whole one goes by: {FLASK} mail-test ADDRESS")
    except SMTPAuthenticationError as error:
        yield Finding(FAULT, "mail", f"{where} refuses: {error}", "set MAIL_USERNAME and MAIL_PASSWORD")
    except ssl.SSLError as error:
        remedy = (
            "set MAIL_USE_SSL=on for port 465, MAIL_USE_TLS=on for 587; MAIL_SERVER as in its certificate"
        )
        yield Finding(FAULT, "mail", f"{where}: {error}", remedy)
    except OSError as error:
        yield Finding(
            FAULT, "mail", f"{where}: {error}", "set MAIL_SERVER and MAIL_PORT; is a firewall between?"
        )
    encrypted = settings.mail_use_tls or settings.mail_use_ssl or is_loopback(settings.mail_server)
    if settings.mail_password and not encrypted:
        yield Finding(
            WARNING, "mail", "the password travels in the clear", "set MAIL_USE_TLS=on or MAIL_USE_SSL=on"
        )
    if not (settings.mail_default_sender or settings.admins):
        yield Finding(WARNING, "mail", f"comes from {settings.sender}", "set MAIL_DEFAULT_SENDER")


def check_clock(settings):
    now = clock.now()
    last_seen = Session.select(fn.MAX(Session.seen_at))
    newest = _from_database(settings, last_seen.scalar)
    if newest and newest - now > CLOCK_TOLERANCE:
        what = f"{now:%Y-%m-%d %H:%M:%SZ}, but somebody was here at {newest:%Y-%m-%d %H:%M:%SZ}"
        yield Finding(FAULT, "clock", what, "timedatectl set-ntp true")
    else:
        yield Finding(WELL, "clock", f"{now:%Y-%m-%d %H:%M:%SZ}")


def check_address(settings):
    if settings.https:
        yield Finding(WELL, "address", f"{settings.site_url}, cookies by https only")
        if not settings.trusted_proxies:
            what = "every visitor looks like the proxy to the limits"
            yield Finding(WARNING, "address", what, "set TRUSTED_PROXIES=127.0.0.1, or where the proxy is")
    elif settings.on_loopback and not settings.base_url:
        yield Finding(WELL, "address", f"{settings.site_url}, from this machine only")
    else:
        what = f"{settings.site_url}: passwords travel in the clear"
        yield Finding(WARNING, "address", what, "set BASE_URL=https://…, with a proxy that speaks it")


def check_web_server(settings):
    where = reachable_address(settings)
    connection = HTTPConnection(where, timeout=5)
    try:
        connection.request("GET", "/livez", headers={"Host": "localhost"})
        status = connection.getresponse().status
        what, good = f"{where} answers {status}", status == 200
    except (OSError, HTTPException) as error:
        what, good = f"{where}: {error}", False
    finally:
        connection.close()
    yield Finding(WELL if good else FAULT, "web server", what, "" if good else "start the site: ./run.sh")


def _name(check):
    return check.__name__.removeprefix("check_").replace("_", " ")


def _from_database(settings, ask):
    """What *ask()* returns; None where there is no database, for to open one would make it."""
    if not (settings.data_dir / database.FILE_NAME).exists():
        return None
    with connected():
        return ask()


def _size(path):
    return path.stat().st_size if path.exists() else 0


def _queue_settings(client):
    """Name, present and good value of each setting that matters; nothing where asking is forbidden."""
    for name, good in (("appendonly", "yes"), ("maxmemory-policy", "noeviction")):
        try:
            yield name, client.config_get(name).get(name, good), good
        except ResponseError:
            return


def _hours(age):
    minutes = round(age.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"

"""Checks the site: what is well, what could be better, what is wrong, and the command that fixes it."""

import logging
import shutil
from collections import namedtuple
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPException
from itertools import chain

from babel.dates import format_timedelta
from flask import current_app
from peewee import PeeweeException
from redis.exceptions import RedisError

from microblog.base import clock, database, schema
from microblog.base.config import is_loopback
from microblog.base.files import changed_at, is_dead_link
from microblog.base.sqlite import sqlite3
from microblog.mail import smtp
from microblog.models import Post, Site, User
from microblog.ops import backup, database_advice, mail_advice, probes, queue_advice, rehearsal
from microblog.ops.database_advice import FLASK, RESTORE
from microblog.tasks import hold
from microblog.tasks.message_store import QueueUnreachable
from microblog.tasks.queue import ask_for_write, huey
from microblog.tasks.task import Task

WELL, WARNING, FAULT = "well", "warning", "fault"
START = "start the site: ./run.sh"
CLOSED_BY_UPGRADE = (
    "people need an invitation now, because REGISTRATION is not set: until this version that let everybody in"
)
MIB = 1024**2
SPARE_BYTES = 200 * MIB
# For how long there may be no backup.
GRACE = timedelta(days=2)
# How many are named.
SOME_POSTS = 5
NO_NIGHTLY_BACKUP = f"{FLASK} backup, then see in the log why no night wrote one"

REPORT = "a fault of Microblog, or of what it runs on: LOG_LEVEL=DEBUG tells where"
# What the site makes in the data folder, any of which may be a link.
FOLDERS = ("backups", "before-restore", "before-upgrade", "exports", "log", "outbox", "queue", "run")
OURS = (database.FILE_NAME, "secret_key", *FOLDERS)

log = logging.getLogger(__name__)

# *grade* of *part*: *what* was seen, and the *remedy*, "" if nothing needs to be done.
Finding = namedtuple("Finding", "grade part what remedy", defaults=[""])


def examine():
    """Yield a Finding for each part, the worst that there is to say of it; nothing is changed."""
    settings = current_app.config["SETTINGS"]
    for part, check in CHECKS.items():
        try:
            grade, *said = check(settings)
        except PeeweeException as error:
            remedy = database_advice.advice(error)
            grade, *said = FAULT, f"the database does not answer: {error}", remedy
        except schema.SchemaError as error:
            grade, *said = FAULT, str(error), "git pull"
        except OSError as error:
            grade, *said = FAULT, str(error), f"ls -la {settings.data_dir}"
        except Exception as error:
            # Whatever one check meets, the others are told of.
            log.debug("%s could not be checked", part, exc_info=True)
            what = " ".join(f"could not be checked: {type(error).__name__}: {error}".split())
            grade, *said = FAULT, what, REPORT
        yield Finding(grade, part, *said)


def _check_sqlite(_settings):
    # The first without the fault of https://sqlite.org/wal.html#walresetbug.
    sound = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}.get(sqlite3.sqlite_version_info[:2], (3, 51, 3))
    if sqlite3.sqlite_version_info < sound:
        what = f"{sqlite3.sqlite_version} can, very rarely, damage a file that two processes write"
        remedy = "use a Python with SQLite 3.51.3 or newer; pip install pysqlite3 where there is a wheel"
        return WARNING, what, remedy
    return WELL, sqlite3.sqlite_version


def _check_data_folder(settings):
    folder = settings.data_dir
    owner = folder.stat().st_uid
    links = [folder / name for name in OURS if (folder / name).is_symlink()]
    for path in filter(is_dead_link, links):
        what = f"{path} is a link to {path.readlink()}, which is not there"
        return FAULT, what, f"mount the disk that it leads to, or remove the link: rm {path}"
    for path in (folder / name for name in OURS):
        if path.exists() and path.is_dir() != (path.name in FOLDERS):
            what = f"{path} is no {'folder' if path.name in FOLDERS else 'file'}"
            return FAULT, what, f"mv {path} {path}.aside"
    # Perhaps root ran a command: the site will need to change what that wrote.
    for path in chain.from_iterable(place.rglob("*") for place in [folder, *links]):
        with suppress(FileNotFoundError):  # Deleted meanwhile.
            if path.lstat().st_uid != owner and path.name != "lost+found":
                return FAULT, f"not all in it is yours, as {path}", f"sudo chown -R '#{owner}' {folder}"
    if folder.stat().st_mode & 0o077:
        return FAULT, f"others may read {folder}", f"chmod -R go-rwx {folder}"
    return WELL, f"{folder}, for its owner only"


def _check_disk(settings):
    free = shutil.disk_usage(settings.data_dir).free
    # A backup copies the database before it packs it.
    needed = SPARE_BYTES + 2 * _database_bytes(settings)
    what = f"{free // MIB:,} MiB free"
    remedy = f"make room: {needed // MIB:,} MiB are needed for backups and exports"
    return (WELL, what) if free >= needed else (FAULT, what, remedy)


def _check_database(settings):
    if not _database_bytes(settings):
        return FAULT, f"there is no {settings.data_dir / database.FILE_NAME} yet", f"{FLASK} migrate"
    with database.connected():
        damage = database.db.execute_sql("PRAGMA integrity_check(1)").fetchone()[0]
        if damage != "ok":
            return FAULT, f"damaged: {damage}", RESTORE
        if waiting := schema.pending():
            return FAULT, f"not brought up to date: {', '.join(waiting)}", f"{FLASK} migrate"
    return WELL, f"sound, up to date, {_database_bytes(settings) // MIB:,} MiB"


def _check_backups(settings):
    newest = backup.newest()
    if newest is None:
        return _no_backup(settings)
    age = clock.now() - changed_at(newest)
    what = f"the newest is {format_timedelta(age, locale='en')} old"
    if age > GRACE:
        return FAULT, what, NO_NIGHTLY_BACKUP
    rehearsed = rehearsal.last()
    if rehearsed is None or rehearsed.name != newest.name:
        return WELL, f"{what}; the next night tries whether it can be restored"
    if rehearsed.fault:
        return FAULT, f"{what} and cannot be restored: {rehearsed.fault}", f"{FLASK} backup"
    return WELL, f"{what}, and can be restored"


def _no_backup(settings):
    founded_at = _looked_up(settings, User.first_registered_at)
    if founded_at and clock.now() - founded_at > GRACE:
        age = format_timedelta(clock.now() - founded_at, locale="en")
        return FAULT, f"there is none, and the site is {age} old", NO_NIGHTLY_BACKUP
    return WARNING, "there is none yet", f"{FLASK} backup"


def _check_queue(settings):
    client = probes.queue_client(settings.queue_url)
    try:
        ask_for_write(client)
        _name, version = probes.queue_product(client)
    except RedisError as error:
        stopped = not settings.redis_url and not settings.queue_url_file.exists()
        if stopped and isinstance(error, QueueUnreachable):
            return FAULT, "the bundled queue server is not running", START
        start = "start the server that REDIS_URL names" if settings.redis_url else START
        return FAULT, f"takes no messages: {error}", queue_advice.advice(error, start)
    return WELL, f"version {version} takes messages"


def _check_worker(settings):
    living = huey.lock.living()
    if not living:
        return FAULT, "none is alive", f"{START}, or start its worker service"
    if held_at := hold.since():
        return WARNING, f"new work is held since {held_at:%Y-%m-%d %H:%M} UTC", f"{FLASK} tasks resume"
    oldest = _looked_up(settings, lambda: Task.due().first())
    if oldest and (age := clock.now() - oldest.run_after) > timedelta(minutes=5):
        what = f"a task has been waiting for {format_timedelta(age, locale='en')}"
        busy = f"see what keeps the workers busy: {FLASK} tasks list; or set WORKERS higher"
        unheard = "see above: the queue takes no messages, so no worker hears of it"
        return FAULT, what, busy if huey.takes_messages else unheard
    return WELL, f"{len(living)} alive"


def _check_mail(settings):
    if not settings.mail_server:
        what = f"no MAIL_SERVER: mails lie in {settings.data_dir / 'outbox'}"
        return (WARNING, what, "set MAIL_SERVER") if settings.https else (WELL, what)
    where = f"{settings.mail_server}:{settings.mail_port}"
    try:
        smtp.rehearse(settings.sender)
    except OSError as error:
        return FAULT, f"{where}: {mail_advice.words(error)}", mail_advice.advice(error, settings)
    except UnicodeError:
        return FAULT, f"no mail can be sent by {settings.sender}", mail_advice.SENDABLE_SENDER
    encrypted = settings.mail_use_tls or settings.mail_use_ssl or is_loopback(settings.mail_server)
    if settings.mail_password and not encrypted:
        return WARNING, "the password travels in the clear", "set MAIL_USE_TLS=on or MAIL_USE_SSL=on"
    return (
        WELL,
        f"{where} lets the site in and mail by {settings.sender}; to send one: {FLASK} mail-test ADDRESS",
    )


def _check_address(settings):
    if settings.https and not settings.trusted_proxies:
        what = "every visitor looks like the proxy to the limits"
        return WARNING, what, "set TRUSTED_PROXIES=127.0.0.1, or where the proxy is"
    if settings.https or settings.private:
        return WELL, settings.site_url
    what = f"{settings.site_url}: passwords travel in the clear"
    return WARNING, what, "set BASE_URL=https://…, with a proxy that speaks it"


def _check_demo_people(settings):
    count = _looked_up(settings, User.demo_people().count)
    if count and not settings.private:
        what = f"{count:,}, who cannot sign in: others can reach the site, and everybody knows the password"
        return WARNING, what, "remove them on the page Administration, People"
    return WELL, f"{count:,}, for this machine only" if count else "none"


def _check_registration(settings):
    mode = current_app.config["REGISTRATION"]
    if _looked_up(settings, lambda: Site.was_closed_by_upgrade(settings)):
        return (
            WARNING,
            CLOSED_BY_UPGRADE,
            "set REGISTRATION=open to let everybody in, else REGISTRATION=invite",
        )
    inviters = _looked_up(settings, lambda: Site.inviters(settings))
    return WELL, f"{mode}, by {inviters}" if mode == "invite" and inviters else mode


def _check_web_server(settings):
    where = probes.reachable_address(settings)
    try:
        status = probes.answer_of(settings, "/livez", timeout_s=5)
    except (OSError, HTTPException) as error:
        return FAULT, f"{where}: {error}", START
    what = f"{where} answers {status}"
    return (WELL, what) if status == 200 else (FAULT, what, START)


def _check_posts(settings):
    ahead = _looked_up(settings, lambda: list(Post.ahead()[:SOME_POSTS]))
    if ahead:
        named = ", ".join(f"/post/{post.id} ({post.timestamp:%Y-%m-%d})" for post in ahead)
        what = f"dated in the future, by a clock that was wrong: {named}"
        return WARNING, what, "set the clock; they stand above all others until they are deleted"
    return WELL, "none is dated in the future"


def _looked_up(settings, question):
    """What *question()* returns from the database; None while there is none: opening one would create it."""
    if not _database_bytes(settings):
        return None
    with database.connected():
        return question()


def _database_bytes(settings):
    path = settings.data_dir / database.FILE_NAME
    return path.stat().st_size if path.exists() else 0


# In the order in which they are told; each returns what else its Finding has.
CHECKS = {
    "SQLite": _check_sqlite,
    "data folder": _check_data_folder,
    "disk": _check_disk,
    "database": _check_database,
    "backups": _check_backups,
    "queue": _check_queue,
    "worker": _check_worker,
    "mail": _check_mail,
    "address": _check_address,
    "registration": _check_registration,
    "demo people": _check_demo_people,
    "posts": _check_posts,
    "web server": _check_web_server,
}

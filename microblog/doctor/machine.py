"""Looks at what the site stands on: Python, SQLite, its folder, the disk, the clock."""

import os
import platform
import shutil
import stat
from datetime import timedelta

from peewee import fn, sqlite3

from microblog import clock, database
from microblog.doctor.data import ask_database, size
from microblog.doctor.finding import FAULT, FLASK, MIB, WARNING, WELL, Finding
from microblog.models import Session

SPARE_BYTES = 200 * MIB
CLOCK_TOLERANCE = timedelta(seconds=5)


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
    needed = SPARE_BYTES + 2 * size(settings.data_dir / database.FILE_NAME)
    what = f"{free // MIB:,} MiB free"
    if free < needed:
        remedy = f"make room: {needed // MIB:,} MiB are needed for backups and exports"
        yield Finding(FAULT, "disk", what, remedy)
    else:
        yield Finding(WELL, "disk", what)


def check_clock(settings):
    now = clock.now()
    last_seen = Session.select(fn.MAX(Session.seen_at))
    newest = ask_database(settings, last_seen.scalar)
    if newest and newest - now > CLOCK_TOLERANCE:
        what = f"{now:%Y-%m-%d %H:%M:%SZ}, but somebody was here at {newest:%Y-%m-%d %H:%M:%SZ}"
        yield Finding(FAULT, "clock", what, "timedatectl set-ntp true")
    else:
        yield Finding(WELL, "clock", f"{now:%Y-%m-%d %H:%M:%SZ}")

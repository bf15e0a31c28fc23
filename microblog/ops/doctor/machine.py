"""Checks what the site stands on: Python, SQLite, its folder, the disk, the clock."""

import ctypes
import os
import platform
import shutil
import stat
import sys
from dataclasses import fields
from datetime import timedelta

from dotenv import dotenv_values
from peewee import fn, sqlite3

from microblog.base import clock, database
from microblog.base.config import ENV_FILE
from microblog.models import Session
from microblog.ops.doctor.data import ask_database, size
from microblog.ops.doctor.finding import FAULT, FLASK, MIB, WARNING, WELL, Finding

SPARE_BYTES = 200 * MIB
CLOCK_TOLERANCE = timedelta(seconds=5)
UNSYNCHRONIZED = 5  # TIME_ERROR of adjtimex(2)


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
    well = Finding(WELL, "data folder", f"{folder}, for its owner only")
    yield from list(_faults_of(folder)) or [well]


def _faults_of(folder):
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        yield _fault(f"{folder} belongs to user {owner}, not to you", f"sudo -u '#{owner}' {FLASK} doctor")
        return
    if not os.access(folder, os.W_OK):
        yield _fault(f"{folder} cannot be written", f"chmod u+w {folder}")
    states = {path: state for path in folder.rglob("*") if (state := _state(path))}
    # Perhaps root ran a command: the site will need to change what that wrote.
    if foreign := [path for path, state in states.items() if state.st_uid != owner]:
        yield _fault(f"not all in it is yours, as {foreign[0]}", f"sudo chown -R '#{owner}' {folder}")
    close = f"chmod -R go-rwx {folder}"
    if _is_open(folder.stat()):
        yield _fault(f"others may read {folder}", close)
    # Protected by the folder's mode, but any copy of the file would be readable.
    elif opened := [path for path, state in states.items() if _is_open(state)]:
        yield Finding(WARNING, "data folder", f"only the folder keeps others from {opened[0]}", close)


def _fault(what, remedy):
    return Finding(FAULT, "data folder", what, remedy)


def _state(path):
    """Result of stat; None for deleted files, for links, which have no mode, and for ``lost+found``."""
    try:
        return None if path.is_symlink() or path.name == "lost+found" else path.stat()
    except FileNotFoundError:
        return None


def _is_open(state):
    return stat.S_IMODE(state.st_mode) & 0o077


def check_env_file(settings):
    if not (ENV_FILE.exists() and _is_open(ENV_FILE.stat())):
        return
    secrets = {field.name.upper() for field in fields(settings) if not field.repr}
    if told := sorted(name for name, value in dotenv_values(ENV_FILE).items() if value and name in secrets):
        what = f"others may read {', '.join(told)} in {ENV_FILE}"
        yield Finding(FAULT, "settings", what, f"chmod go-rwx {ENV_FILE}")


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
    mend = "timedatectl set-ntp true"
    if newest and newest - now > CLOCK_TOLERANCE:
        what = f"{now:%Y-%m-%d %H:%M:%SZ}, but somebody was here at {newest:%Y-%m-%d %H:%M:%SZ}"
        yield Finding(FAULT, "clock", what, mend)
    elif clock_state() == UNSYNCHRONIZED:
        yield Finding(WARNING, "clock", f"{now:%Y-%m-%d %H:%M:%SZ}, which no time server keeps right", mend)
    else:
        yield Finding(WELL, "clock", f"{now:%Y-%m-%d %H:%M:%SZ}")


def clock_state():
    """The state of the kernel's clock, as adjtimex(2) returns it; None where there is no such call."""
    # A structure of zeros only queries and sets nothing.
    return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) if sys.platform == "linux" else None

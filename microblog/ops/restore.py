"""Restores a site from a backup: unpacked, checked and prepared aside, then exchanged for the present one."""

import gzip
import logging
import lzma
import os
import re
import shutil
import tarfile
import zlib
from contextlib import closing
from pathlib import Path

from peewee import DatabaseError, OperationalError, SqliteDatabase

from microblog.base import database, error_codes, schema
from microblog.base.database import FILE_NAME, connected, data_dir, db
from microblog.base.files import for_owner_only
from microblog.base.i18n import N_
from microblog.exports import expiry
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, Session, Token, User
from microblog.ops.backup import PARTS, staging_dir
from microblog.ops.data_folder import locked_for_start, site_lock
from microblog.ops.exchange import exchange
from microblog.security import signatures
from microblog.tables import TRIGGERS
from microblog.tasks.queue import huey
from microblog.tasks.task import Task

RESTORED = N_("The site was restored from a backup")
# More than people who can have registered since a backup was made, and than changes of anybody's credentials.
LEAP = 1_000_000
# A file from elsewhere: its views and triggers may call nothing that could do harm.
SUSPICIOUS = (("trusted_schema", 0), ("cell_size_check", 1))

log = logging.getLogger(__name__)


class CannotRestore(Exception):
    """Nothing was changed; the message says why."""


def restore(path, https):
    """
    Replace the present data by the backup at *path*, and return the folder where it was put aside.

    *https*: whether the backup's key has to be one for a site that people reach that way.

    Tasks that were under way end as failed, waiting mails are not sent, and everybody has to sign in
    again: a session, token or link that was used up since the backup must not become valid again.

    Raises:
        CannotRestore: the backup cannot be used, or the database is in use.
        Unavailable: the site is running.
        HalfRestored: the disk failed, and what was done could not be undone.
    """
    present = data_dir()
    try:
        with locked_for_start(present), site_lock.exclusive(), staging_dir() as folder:
            db.close_all()
            _refuse_while_used()
            _unpack_sound(path, folder, https)
            try:
                _make_ready(folder)
            finally:
                db.close_all()
                database.init(present)
            return exchange(present, folder)
    except OSError as error:
        raise CannotRestore(str(error)) from error


def rehearse(path, https):
    """
    Unpack the backup at *path* into a folder of its own, check all that a restore checks, and delete it.

    Nothing else is touched; the site may run.

    Raises:
        CannotRestore: a restore of it would fail.
    """
    try:
        with staging_dir() as folder:
            _unpack_sound(path, folder, https)
    except OSError as error:
        raise CannotRestore(str(error)) from error


def _unpack_sound(path, folder, https):
    _unpack(path, folder)
    _refuse_weak_key(folder / "secret_key", https)
    _refuse_unsound(folder / FILE_NAME)


def _refuse_while_used():
    """
    Detect processes that run without the supervisor, and fold the write-ahead log into the database.

    To leave WAL mode SQLite needs exclusive access to the file: it fails while anybody has it open.
    """
    if huey.lock.living():
        raise CannotRestore("a background worker runs: stop the site first")
    if not Path(db.database).exists():
        return
    present = SqliteDatabase(db.database, timeout=1)
    try:
        present.execute_sql("PRAGMA journal_mode = DELETE")
    except OperationalError as error:
        if error_codes.is_busy(error):
            raise CannotRestore(
                "another process has the database open: stop the site first, and Litestream if it copies it"
            ) from error
        log.warning("the present database does not answer (%s); it is kept as it is", error)
    except DatabaseError as error:
        log.warning("the present database is damaged (%s); it is kept as it is", error)
    finally:
        present.close()


def _unpack(path, folder):
    try:
        with tarfile.open(path, "r:*") as tar:
            for member in tar:
                _unpack_one(tar, member, folder)
    # ValueError: a number in its headers that is none.
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        # tarfile goes on with a line for each way in which it tried to read the file.
        reason = str(error).partition("\n")[0].rstrip(":")
        raise CannotRestore(f"{path} is no backup, or damaged: {reason}") from error
    except OSError as error:
        raise CannotRestore(f"{path} cannot be unpacked: {error}") from error
    if not (folder / FILE_NAME).exists():
        raise CannotRestore(f"{path} is no backup: there is no database in it")


def _unpack_one(tar, member, folder):
    if not (member.isfile() and PARTS.fullmatch(member.name)):
        raise CannotRestore(f"what is {member.name!r} doing in a backup?")
    target = folder / member.name
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with tar.extractfile(member) as packed, open(target, "xb", opener=for_owner_only) as file:
        shutil.copyfileobj(packed, file)
        file.flush()
        os.fsync(file.fileno())


def _refuse_weak_key(path, https):
    """A key that can be guessed lets anybody sign whatever the site believes."""
    try:
        signatures.read_key(path, https)
    except FileNotFoundError:
        return
    except ValueError as error:
        raise CannotRestore(f"the backup's secret_key {error}") from error


def _refuse_unsound(path):
    """Believe nothing that the database holds until it has proved whole, and of our own making."""
    with closing(SqliteDatabase(str(path), pragmas=SUSPICIOUS)) as file:
        try:
            whole = file.execute_sql("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
            if not whole or file.execute_sql("PRAGMA foreign_key_check").fetchone():
                raise CannotRestore("the backup's database is damaged")
            schema.refuse_foreign(file, TRIGGERS)
        except (DatabaseError, schema.SchemaError) as error:
            raise CannotRestore(f"the backup's database cannot be used: {error}") from error


def _make_ready(folder):
    """Migrate the unpacked database, and end what must not go on."""
    database.init(folder)
    try:
        with connected():
            schema.migrate(TRIGGERS)
            _refuse_ids_that_are_paths()
            _end_what_was_under_way()
            # A single file again, without a write-ahead log that would have to be moved with it.
            db.execute_sql("PRAGMA journal_mode = DELETE")
    # ValueError: a time that is none.
    except (DatabaseError, schema.SchemaError, ValueError) as error:
        raise CannotRestore(f"the backup's database cannot be used: {error}") from error


def _refuse_ids_that_are_paths():
    """The files of tasks and mails are named after their ids, and deleted by them."""
    ids = db.execute_sql("SELECT id FROM task UNION ALL SELECT id FROM mail")
    if not all(re.fullmatch(r"[\w-]+", str(row_id), re.ASCII) for (row_id,) in ids):
        raise CannotRestore("an id in the backup's database is none of Microblog's")


def _end_what_was_under_way():
    with db.atomic():
        for model in (Task, Mail):
            for row in list(model.select().where(model.finished_at.is_null())):
                row.fail(RESTORED)
        expiry.expire_files()
        # One that was used or ended after the backup must not become valid again.
        for model in (Session, OneTimeToken, Token):
            model.delete().execute()
        _void_device_cookies()


def _void_device_cookies():
    """They are signed: those that ended since the backup, or belong to people of since, would seem valid."""
    ahead = User.credentials + LEAP
    User.update(credentials=ahead, devices_since=ahead).execute()
    # Whoever registers next must not get the id of somebody who has registered since.
    db.execute_sql("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'user'", (LEAP,))

"""
The whole site in one file: the database, its secret, the exports and the outbox.

It is a tar, so that it can be inspected and unpacked by hand without Microblog.
"""

import gzip
import logging
import re
import shutil
import tarfile
from contextlib import contextmanager, suppress

from peewee import DatabaseError

from microblog.base import clock, database
from microblog.base.database import FILE_NAME, connected, data_dir
from microblog.base.files import atomic_write, make_folder
from microblog.base.locks import locked

# What belongs in a backup. Nothing else is unpacked: a file from elsewhere must not write where it likes.
PARTS = re.compile(rf"{re.escape(FILE_NAME)}|secret_key|exports/[\w-]+\.(json|zip)|outbox/[\w-]+\.eml")
# So many of those that nightly work writes.
KEEP = 7

log = logging.getLogger(__name__)


class CannotBackUp(Exception):
    """There is no backup; the message says why."""


def write(kind="microblog"):
    """
    Write a backup into ``backups/`` and return its path; the site may run meanwhile.

    Raises:
        CannotBackUp: nothing is left of what was begun.
    """
    path = data_dir() / "backups" / f"{kind}-{clock.now():%Y-%m-%d-%H%M%S-%f}.tar.gz"
    try:
        make_folder(path.parent)
        with staging_dir() as folder:
            with connected():
                database.copy_into(folder / FILE_NAME)
            # Its draft lies beside it: the folder may be a link, or another disk.
            with atomic_write(path, "wb") as file:
                _pack(folder / FILE_NAME, file)
    except (OSError, DatabaseError) as error:
        raise CannotBackUp(f"no backup was written: {error}") from error
    return path


def remove_old():
    """Delete all backups of nightly work but the newest."""
    for old in sorted((data_dir() / "backups").glob("nightly-*.tar.gz"))[:-KEEP]:
        old.unlink()


@contextmanager
def staging_dir():
    """An empty folder on the disk of the data folder, for one backup or restore at a time."""
    folder = data_dir() / "run" / "staging"
    with locked(folder.with_name("staging.lock")):
        _remove_remains(folder)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def empty_staging_dir():
    """Delete what a backup or restore left that was cut short, unless one is under way."""
    folder = data_dir() / "run" / "staging"
    with suppress(BlockingIOError), locked(folder.with_name("staging.lock"), wait=False):
        _remove_remains(folder)


def newest():
    """Path of the newest backup, None if there is none."""
    return max(data_dir().glob("backups/*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)


def _remove_remains(folder):
    """Remove what a kill left of a former backup, restore or rehearsal."""
    shutil.rmtree(folder, ignore_errors=True)
    # Its name before the upgrade.
    shutil.rmtree(folder.with_name("workshop"), ignore_errors=True)
    for draft in data_dir().glob("backups/*.part"):
        draft.unlink(missing_ok=True)


def _pack(copy, file):
    # The lightest compression: more of it takes several times as long and saves little.
    with (
        gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed,
        # What a link leads to, not the link: that would lead nowhere on another machine.
        tarfile.open(fileobj=packed, mode="w|", dereference=True) as tar,
    ):
        tar.add(copy, FILE_NAME)
        # Listed after the database was copied: what the copy refers to exists, unless deleted since.
        for path in [data_dir() / "secret_key", *data_dir().glob("exports/*"), *data_dir().glob("outbox/*")]:
            name = path.relative_to(data_dir()).as_posix()
            # Deleted meanwhile, by its owner or because it expired.
            with suppress(FileNotFoundError):
                if PARTS.fullmatch(name):
                    tar.add(path, name)

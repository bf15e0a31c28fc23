"""
Exchanges the present data for restored data: all of it or nothing.

Folders stay where they are, because each may be a link or a disk of its own; what changes is in them. Files
are kept aside and added first, then the database is replaced, and only then goes what nothing but the former
one names. So at no moment, not even after a kill, does the database name a file that is missing.
"""

import logging
import os
import shutil
from contextlib import suppress

from microblog.base import clock
from microblog.base.database import FILE_NAME
from microblog.base.files import atomic_write, make_folder

FOLDERS = ("exports", "outbox")
# Left beside another database, they would be taken for a part of it.
LOGS_BESIDE = (f"{FILE_NAME}-wal", f"{FILE_NAME}-shm")

log = logging.getLogger(__name__)


class HalfRestored(Exception):
    """The exchange failed, and what was done could not be undone; the message says where everything is."""


def exchange(present, restored):
    """
    Replace the data in the folder *present* by that in *restored*; return the folder where it was put aside.

    Raises:
        OSError: nothing was changed.
        HalfRestored: it was, because not even undoing worked.
    """
    former = present / "before-restore" / f"{clock.now():%Y-%m-%d-%H%M%S-%f}"
    new, old, done = _files(restored), _files(present), []
    singles = [name for name in ("secret_key", FILE_NAME) if (restored / name).exists()]
    try:
        former.mkdir(mode=0o700, parents=True)
        for name in [*old, *LOGS_BESIDE, "secret_key", FILE_NAME]:
            _put(former / name, present / name)
        for name in [*new, *LOGS_BESIDE, *singles]:
            done.append(name)
            _put(present / name, restored / name)
    except BaseException:
        _undo(present, former, done)
        raise
    _remove(present / name for name in set(old) - set(new))
    return former


def _files(folder):
    """Names of the files in the folders of *folder*, a list."""
    paths = (path for name in FOLDERS for path in sorted((folder / name).glob("*")))
    return [path.relative_to(folder).as_posix() for path in paths if path.is_file()]


def _put(target, source):
    """Make *target* what *source* is, by a link, or on another disk by a copy; nothing if that is nothing."""
    source = source.resolve()
    if not source.exists():
        target.resolve().unlink(missing_ok=True)
        return
    make_folder(target.parent)
    target = target.resolve()
    draft = target.with_suffix(".part")
    draft.unlink(missing_ok=True)
    try:
        os.link(source, draft)
        # The file is never missing, so an interrupted restore can be repeated.
        draft.replace(target)
    except OSError:
        with source.open("rb") as content, atomic_write(target, "wb", draft) as file:
            shutil.copyfileobj(content, file)
    finally:
        draft.unlink(missing_ok=True)


def _undo(present, former, done):
    try:
        for name in reversed(done):
            _put(present / name, former / name)
    except OSError as error:
        raise HalfRestored(
            f"half restored: {error}; what was there before lies in {former};"
            " restore again once the disk is well"
        ) from error
    shutil.rmtree(former, ignore_errors=True)
    with suppress(OSError):
        former.parent.rmdir()


def _remove(paths):
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            # The nightly work removes whatever no row names.
            log.warning("%s could not be removed: %s", path, error)

"""The nightly rehearsal: whether the newest backup could be restored, tried once for each backup."""

import logging
import shutil
from typing import NamedTuple

from flask import current_app

from microblog.base.database import FILE_NAME, data_dir
from microblog.base.files import atomic_write
from microblog.ops import backup
from microblog.ops.restore import CannotRestore, rehearse

# Left free for the site while a backup is unpacked.
SPARE_BYTES = 100 * 1024**2
# What a chore returns that had nothing to do.
NOTHING = ""

log = logging.getLogger(__name__)


class Rehearsal(NamedTuple):
    """That of the backup *name*; *fault* says why it cannot be restored, "" if it can."""

    name: str
    fault: str = ""


def rehearse_newest():
    """
    Unpack the newest backup into a scratch folder, check it as a restore does, and record what came out.

    Returns its name; NOTHING if there is none, or the disk has no room for it. One that was found sound
    before is not tried again.

    Raises:
        CannotRestore: it is damaged.
    """
    path = backup.newest()
    if path is None:
        return NOTHING
    if last() == Rehearsal(path.name):
        return path.name
    if not _has_room():
        log.warning("%s was not tried: the disk has no room to unpack it", path)
        return NOTHING
    try:
        rehearse(path, current_app.config["SETTINGS"].https)
    except CannotRestore as error:
        _record(Rehearsal(path.name, " ".join(str(error).split())))
        raise
    _record(Rehearsal(path.name))
    log.info("%s was unpacked and checked: it can be restored", path)
    return path.name


def last():
    """The last Rehearsal, None if there was none."""
    try:
        name, _, fault = _record_path().read_text().partition("\n")
    except FileNotFoundError:
        return None
    return Rehearsal(name, fault.strip())


def _record(rehearsal):
    with atomic_write(_record_path()) as file:
        file.write("\n".join(rehearsal))


def _has_room():
    """As much as the present database and files take, which are about those of the newest backup."""
    paths = [data_dir() / FILE_NAME, *data_dir().glob("exports/*"), *data_dir().glob("outbox/*")]
    needed = sum(path.stat().st_size for path in paths if path.exists())
    return shutil.disk_usage(data_dir()).free >= needed + SPARE_BYTES


def _record_path():
    return data_dir() / "run" / "rehearsal"

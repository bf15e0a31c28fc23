"""Sites: whether a data folder holds one, what the processes of one need, and which of them run here."""

from contextlib import suppress
from pathlib import Path

from microblog.base.database import FILE_NAME
from microblog.base.files import refuse_dead_link
from microblog.ops.data_folder import SHARED_LOCK, site_lock
from microblog.security import signatures

PROCESSES = Path("/proc")


def is_in(data_dir):
    """Whether there is a database in *data_dir*."""
    try:
        return (data_dir / FILE_NAME).stat().st_size > 0
    except (FileNotFoundError, NotADirectoryError):
        return False


def prepare(settings, new_key=None):
    """Make what every process of a site needs, unless it is there: folder, lock, and key, else *new_key*."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite would make an empty database where the link leads.
    refuse_dead_link(settings.data_dir / FILE_NAME)
    site_lock.acquire(settings.data_dir)
    signatures.keep_key(settings, new_key)


def running():
    """
    Data folders of the sites that run here, a sorted list.

    Only where the system has ``/proc``, and of the processes that this user may look into.
    """
    found = set()
    for process in PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # It has ended, or belongs to somebody else.
            opened = [link.readlink() for link in (process / "fd").iterdir()]
            found |= {path.parents[1] for path in opened if path.parts[-2:] == SHARED_LOCK.parts}
    return sorted(folder for folder in found if is_in(folder))

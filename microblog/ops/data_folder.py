"""The data folder: for its owner only, locked by one start at a time, left alone for a restore."""

import os
import pwd
import shlex
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from microblog.base import locks

# Its name is older than ``SharedLock``: a process of an earlier version must be seen as well.
SHARED_LOCK = Path("run", "presence.lock")


class Unavailable(Exception):
    """The data folder cannot be written, is in use or belongs to another user; the message says which."""


def refuse_foreign(data_dir, command):
    """
    Let nobody but its owner use *data_dir*, root neither: the owner could not change what others write there.

    Raises:
        Unavailable: it belongs to another user; the message says how to run *command* as them.
    """
    with suppress(FileNotFoundError):
        owner = data_dir.stat().st_uid
        if owner != os.geteuid():
            name = _name_of(owner)
            as_owner = shlex.join(["sudo", "-u", name, "env", f"DATA_DIR={data_dir}"])
            raise Unavailable(f"{data_dir} belongs to user {name}: {as_owner} {command}")


def _name_of(owner):
    """What ``sudo -u`` calls the user with the number *owner*."""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"#{owner}"


@contextmanager
def locked_for_start(data_dir):
    """
    Create the data folder, for the owner only, and lock it against a second start.

    Raises:
        Unavailable: it cannot be written, belongs to another user, or another start holds it.
    """
    refuse_foreign(data_dir, "./run.sh")
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(data_dir.iterdir()):  # One with contents keeps the mode that its owner gave it.
            data_dir.chmod(0o700)
        (data_dir / "run").mkdir(mode=0o700, exist_ok=True)
        tempfile.TemporaryFile(dir=data_dir).close()
        lock = (data_dir / "run" / "supervisor.lock").open("w")
    except OSError as error:
        what = f"cannot write to the data folder {data_dir}: {error.strerror}"
        raise Unavailable(f"{what}; {_way_to_write(data_dir)}") from error
    with lock:
        if not locks.try_acquire(lock):
            raise Unavailable(f"the data folder {data_dir} is in use: this site runs already; stop it first")
        # A copy of this process that outlives it must not keep the next start out.
        os.register_at_fork(after_in_child=lock.close)
        yield


def _way_to_write(data_dir):
    """What to do so that a start can write to *data_dir*: perhaps root wrote what it needs there."""
    us = os.geteuid()
    with suppress(OSError):
        if any(path.lstat().st_uid != us for path in (data_dir / "run", *data_dir.glob("run/*"))):
            return f"not all in it is yours: sudo chown -R '#{us}' {shlex.quote(str(data_dir))}"
    return "set DATA_DIR to another"


class SharedLock:
    """A lock on the data folder that every process of the site shares, or one holds alone."""

    def __init__(self):
        self._lock = None

    def acquire(self, data_dir):
        """Hold the lock until this process ends; wait while another process has the folder alone."""
        if self._lock:
            os.close(self._lock)
            self._lock = None
        # A process that cannot write there does no harm.
        with suppress(OSError):
            (data_dir / "run").mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(data_dir / SHARED_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            locks.acquire(self._lock, shared=True)

    @contextmanager
    def exclusive(self):
        """
        Have the folder exclusively for the block.

        Raises:
            Unavailable: another process uses it, even a web server that has had no request yet.
        """
        try:
            if not locks.try_acquire(self._lock):
                raise Unavailable("another process of this site is running: stop the site first")
            yield
        finally:
            # After a refusal as well: that may have cost the lock that was there.
            locks.acquire(self._lock, shared=True)


site_lock = SharedLock()

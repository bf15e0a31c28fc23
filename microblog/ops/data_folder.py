"""The data folder: made for its owner only, locked by one start at a time, left alone for a restore."""

import os
import tempfile
from contextlib import contextmanager, suppress

from microblog.base import locks


class Unavailable(Exception):
    """The data folder cannot be written or is in use; the message says which."""


@contextmanager
def locked_for_start(data_dir):
    """
    Create the data folder, for the owner only, and lock it against a second start.

    Raises:
        Unavailable: it cannot be written, or another start holds it.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(data_dir.iterdir()):  # One with contents keeps the mode that its owner gave it.
            data_dir.chmod(0o700)
        (data_dir / "run").mkdir(mode=0o700, exist_ok=True)
        tempfile.TemporaryFile(dir=data_dir).close()
        lock = (data_dir / "run" / "supervisor.lock").open("w")
    except OSError as error:
        raise Unavailable(
            f"cannot write to the data folder {data_dir}: {error.strerror}; set DATA_DIR to another"
        ) from error
    with lock:
        if not locks.try_acquire(lock):
            raise Unavailable(f"the data folder {data_dir} is in use: this site runs already; stop it first")
        yield


class SharedLock:
    """A lock on the data folder that every process of the site shares, or one holds alone."""

    def __init__(self):
        self._lock = None

    def acquire(self, data_dir):
        """Hold the lock until this process ends; wait while another process has the folder alone."""
        if self._lock:
            os.close(self._lock)
            self._lock = None
        # A process that cannot write there does no harm; the doctor reports that the folder is not its own.
        with suppress(OSError):
            (data_dir / "run").mkdir(mode=0o700, exist_ok=True)
            # The file's name is older than the class's: a process of an earlier version must be seen as well.
            self._lock = os.open(data_dir / "run" / "presence.lock", os.O_RDWR | os.O_CREAT, 0o600)
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

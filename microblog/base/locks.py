"""
Locks on files, by which the processes of a site keep out of each other's way.

The kernel releases a lock when its file is closed, at the latest at the end of the process, whatever ends it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# An open one, or its descriptor.
File = IO[str] | IO[bytes] | int


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """
    Hold an exclusive lock on the file *path* for the block; wait while another process holds it.

    Raises:
        BlockingIOError: another process holds it, and *wait* is false.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as file:
        if wait:
            acquire(file)
        elif not try_acquire(file):
            raise BlockingIOError(f"{path} is locked")
        yield


def acquire(file: File, shared: bool = False) -> None:
    """
    Lock *file* until it is closed; wait while somebody else's lock is in the way.

    Any number may hold it *shared*, or one exclusively; a lock that is held already becomes the other kind.
    """
    fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)


def try_acquire(file: File, shared: bool = False) -> bool:
    """
    Lock *file* as ``acquire`` does, unless that would mean waiting. Returns whether it is locked.

    A refusal may cost the lock of the other kind that was there before.
    """
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

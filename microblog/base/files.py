"""Files that are written completely or not at all, and that only their owner may read."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol


class Readable(Protocol):
    """A binary file of which only ``read`` is asked for."""

    def read(self, size: int, /) -> bytes:
        """At most *size* bytes; none at its end."""


def for_owner_only(path: str, flags: int) -> int:
    """An opener for ``open`` that creates files only their owner may read."""
    return os.open(path, flags, 0o600)


def make_folder(path: Path) -> None:
    """
    Make the folder *path*, for its owner only, unless it is there.

    Raises:
        OSError: it cannot be made; *path* may be a link that leads nowhere, to a disk that is not mounted.
    """
    refuse_dead_link(path)
    path.mkdir(mode=0o700, exist_ok=True)


def refuse_dead_link(path: Path) -> None:
    """
    Check that *path* is no link to a place that is not there, as on a disk that is not mounted.

    Raises:
        FileNotFoundError: it is one; the message says where it leads.
    """
    if is_dead_link(path):
        raise FileNotFoundError(
            errno.ENOENT, f"the link leads to {path.readlink()}, which is not there", str(path)
        )


def is_dead_link(path: Path) -> bool:
    """Whether *path* is a link to something that is not there."""
    return path.is_symlink() and not path.exists()


def changed_at(path: Path) -> datetime:
    """When the file *path* was last written to."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


@contextmanager
def atomic_write(path: Path, mode: str = "w", draft: Path | None = None) -> Iterator[IO[Any]]:
    """
    A file to write, which becomes *path* at the end of the block; if the block raises, nothing is left.

    Until then it is *draft*, by default ``.part`` beside *path*: two writers at once need two. Like every
    text here it is UTF-8. File and folder are synced, so that not even a power cut leaves half of it.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    draft = draft or path.with_suffix(".part")
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "\n")
    try:
        with open(draft, mode, encoding=encoding, newline=newline, opener=for_owner_only) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

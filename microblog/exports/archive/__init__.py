"""
The two files of an export: the archive, a ZIP file, and posts.json made of what is read back from it.

So what is offered was read back, every post of it; and both files are of one moment. Each module of this
folder knows one format, ``parts`` their order; none of them knows Flask or Huey.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from microblog.base.files import atomic_write
from microblog.exports.archive import parts
from microblog.exports.archive.check import Check
from microblog.exports.archive.own import ArchivedPost
from microblog.exports.archive.posts_json import PostsFile

REPORT_EVERY = 1000
# Reading back is one more pass over the posts.
PASSES = parts.PASSES + 1


class NotReadBack(Exception):
    """What was written is not what is read back; the message says what is wrong, in English."""


class Made(NamedTuple):
    """*size_bytes* are those of posts.json."""

    posts: int
    size_bytes: int
    archive_bytes: int


def write(source: parts.Source, path: Path, draft: Path, report: parts.Report, delay_s: float = 0) -> Made:
    """
    Write the posts of *source* that exist now to *path*, and the archive beside it; return what was ``Made``.

    The files appear whole or not at all: they are written to drafts, synced and renamed.
    *report(done, total)* is called with numbers of posts, at first and about every thousand; if it raises, no
    file is left. *delay_s* is a pause after each post in seconds, so that people can watch.

    Raises:
        NotReadBack: the disk or the memory is not sound.
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic_write(zip_beside(path), "w+b", zip_beside(draft)) as file:
        # The pause is made while posts are read back, when no transaction is open: that pass takes all time.
        writing = (lambda _done, total: report(0, total // parts.PASSES)) if delay_s else _part(report)
        posts = parts.write(file, source, writing)
        archive_bytes = file.seek(0, os.SEEK_END)
        with atomic_write(path, draft=draft) as text:
            posts_file = PostsFile(text)
            progress = _ReadingBack(posts_file.add, posts, report, delay_s)
            read_back(file, posts, progress.receive)
            posts_file.finish()
            report(posts, posts)
    return Made(posts, path.stat().st_size, archive_bytes)


def write_zip(source: parts.Source, path: Path) -> int:
    """Write the archive alone to *path* and return the number of posts; like ``write``."""
    # Whatever the name is: with another ending, a file that ends in .part would be its own draft.
    with atomic_write(path, "w+b", path.with_name(f"{path.name}.part")) as file:
        posts = parts.write(file, source, lambda _done, _total: None)
        read_back(file, posts)
    return posts


def zip_beside(path: Path) -> Path:
    """The path of the archive, or of its draft, beside that of posts.json."""
    return path.with_suffix(".zip.part" if path.suffix == ".part" else ".zip")


def read_back(
    file: IO[bytes], posts: int, receive: Callable[[ArchivedPost], None] = lambda post: None
) -> None:
    """
    Read the archive in *file*, which should have so many *posts*, as an import would.

    Raises:
        NotReadBack: something is wrong with it.
    """
    check = Check(file, receive=receive)
    for fault in check.faults():
        raise NotReadBack(str(fault))
    if check.posts != posts:
        raise NotReadBack(f"{check.posts} posts instead of {posts}")


def _part(report: parts.Report) -> parts.Report:
    """A report of steps of writing, as numbers of posts: reading back is still to come."""
    return lambda done, total: report(done // PASSES, total // parts.PASSES)


class _ReadingBack:
    """Counts the posts that are read back, each passed on to *add*."""

    def __init__(self, add: Callable[[ArchivedPost], None], posts: int, report: parts.Report, delay_s: float):
        self._add, self._posts, self._report, self._delay_s = add, posts, report, delay_s
        self._done = 0

    def receive(self, post: ArchivedPost) -> None:
        self._add(post)
        self._done += 1
        if self._delay_s:
            # What is reported is done, its pause included.
            time.sleep(self._delay_s)
            self._report(self._done, self._posts)
        elif self._done % REPORT_EVERY == 0:
            self._report((self._posts * parts.PASSES + self._done) // PASSES, self._posts)

"""Whether an archive is whole and unchanged: each file against its checksum, each post against the format."""

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import IO, NamedTuple

from microblog.base.files import Readable
from microblog.base.i18n import N_
from microblog.base.json_items import BadJSON
from microblog.base.zips import CHUNK, BadZip, SafeZip
from microblog.exports.archive import names, seal
from microblog.exports.archive.own import ArchivedPost
from microblog.exports.archive.reader import Archive, NotOurs, posts_in, read_about

# Of a list of checksums: the files of an archive are few.
MOST_BYTES = 1024**2
# What the seal vouches for when an archive comes back.
SEALED = (names.MANIFEST, names.ACCOUNT, names.POSTS)
CHECKSUM = re.compile(r"([0-9a-f]{64})  (\S+)", re.ASCII)


class Fault(NamedTuple):
    """*text* with *values*, by which it is translated; *reason*, a text too, follows it."""

    text: str
    values: dict[str, object]
    reason: str | None = None

    def __str__(self) -> str:
        return self.told(lambda text: text)

    def told(self, translate: Callable[[str], str]) -> str:
        """The whole sentence, with its texts passed through *translate*."""
        told = translate(self.text) % self.values
        return f"{told} {translate(self.reason)}" if self.reason else told


class Check:
    """
    Reads all of the archive in *file*, a seekable binary one, with flat memory.

    *receive* is called with each post that can be read; *most_bytes*: how much is read, None for all.
    Afterwards *posts* is the number of posts, and *sealed* whether one of *keys* sealed the archive; None
    without keys, or before.
    """

    def __init__(
        self,
        file: IO[bytes],
        keys: Sequence[str] = (),
        receive: Callable[[ArchivedPost], None] = lambda post: None,
        most_bytes: int | None = None,
    ):
        self.posts = 0
        self.sealed: bool | None = None
        self._most_bytes = most_bytes
        self._file, self._keys, self._receive = file, keys, receive

    def faults(self) -> Iterator[Fault]:
        """Yield each ``Fault`` as it is found."""
        try:
            archive = SafeZip(self._file, self._most_bytes)
            about = read_about(archive)
            yield from _wrong_names(archive)
            yield from self._wrong_files(archive)
            if about.get("posts") != self.posts:
                text = N_("It says that it has %(said)s posts, and has %(found)s.")
                yield Fault(text, {"said": about.get("posts"), "found": self.posts})
            if self._keys:
                self._check_seal(archive)
        except (BadZip, NotOurs) as error:
            yield Fault(str(error), {})

    def _wrong_files(self, archive: SafeZip) -> Iterator[Fault]:
        payload: dict[str, str] = {}
        tags: dict[str, str] = {}
        yield from _read_manifest(archive, names.MANIFEST, payload)
        yield from _read_manifest(archive, names.TAG_MANIFEST, tags)
        for name in sorted(archive.entries.keys() - names.UNLISTED):
            listed = (payload if name.startswith("data/") else tags).pop(name, None)
            yield from self._wrong_file(archive, name, listed)
        for name in sorted({*payload, *tags} - names.REQUIRED):
            yield Fault(N_("%(name)s is missing."), {"name": name})

    def _wrong_file(self, archive: SafeZip, name: str, listed: str | None) -> Iterator[Fault]:
        try:
            with archive.open(name) as content:
                hashed = _Hashed(content)
                if name == names.POSTS:
                    yield from self._wrong_posts(hashed)
                checksum = hashed.finish()
        except BadZip as error:
            yield Fault(N_("%(name)s cannot be read."), {"name": name}, str(error))
        else:
            if listed is None:
                yield Fault(N_("%(name)s is in no list of checksums."), {"name": name})
            elif checksum != listed:
                yield Fault(N_("%(name)s was changed: its checksum is another."), {"name": name})

    def _wrong_posts(self, file: Readable) -> Iterator[Fault]:
        try:
            for item in posts_in(file):
                if item.error:
                    yield Fault(N_("Post %(number)s cannot be read."), {"number": item.number}, item.error)
                else:
                    self.posts += 1
                    self._receive(item.value)
        except BadJSON as error:
            yield Fault(N_("%(name)s cannot be read."), {"name": names.POSTS}, str(error))

    def _check_seal(self, archive: SafeZip) -> None:
        if archive.entries.keys() >= names.UNLISTED:
            manifest = archive.read(names.TAG_MANIFEST, MOST_BYTES)
            self.sealed = seal.is_ours(archive.read(names.SEAL, MOST_BYTES), manifest, self._keys)


def is_sealed(archive: Archive, keys: Sequence[str]) -> bool:
    """Whether one of *keys* has sealed *archive*, and its posts and account are those that were sealed."""
    if not all(name in archive for name in (*names.UNLISTED, *SEALED)):
        return False
    manifest = archive.read(names.TAG_MANIFEST, MOST_BYTES)
    listed: dict[str, str] = {}
    list(_read_manifest(archive, names.TAG_MANIFEST, listed))
    if not seal.is_ours(archive.read(names.SEAL, MOST_BYTES), manifest, keys):
        return False
    list(_read_manifest(archive, names.MANIFEST, listed))
    return all(_checksum_of(archive, name) == listed.get(name) for name in SEALED)


def _checksum_of(archive: Archive, name: str) -> str:
    with archive.open(name) as content:
        return _Hashed(content).finish()


class _Hashed:
    """A binary file whose bytes are hashed as they are read."""

    def __init__(self, file: Readable):
        self._file, self._digest = file, sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def finish(self) -> str:
        """Read the rest; the checksum of all."""
        while self.read(CHUNK):
            pass
        return self._digest.hexdigest()


def _wrong_names(archive: SafeZip) -> Iterator[Fault]:
    for name in sorted(names.REQUIRED - archive.entries.keys()):
        yield Fault(N_("%(name)s is missing."), {"name": name})
    for name in archive.entries:
        if not names.is_known(name):
            # As people are shown it: a name may hold whatever its maker likes.
            yield Fault(N_("%(name)s does not belong in an archive."), {"name": ascii(name)})


def _read_manifest(archive: Archive, name: str, checksums: dict[str, str]) -> Iterator[Fault]:
    """Fill *checksums*, by the names of files, from one of the two lists."""
    if name not in archive:
        return
    lines = archive.read(name, MOST_BYTES).decode(errors="replace").splitlines()
    for line in lines:
        if match := CHECKSUM.fullmatch(line):
            checksums[match[2]] = match[1]
        else:
            yield Fault(N_("%(name)s is no list of checksums."), {"name": name})
            return

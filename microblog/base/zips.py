"""
ZIP files from strangers, read so that none can do harm: nothing is extracted, no number is believed.

What counts is what is read. Python's ``zipfile`` trusts more, and before 3.11.8 it lets entries overlap.
"""

import io
import stat
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import IO, Any, NamedTuple

from microblog.base.i18n import N_

MOST_ENTRIES = 20_000
LONGEST_NAME = 1024
# Until so much was read of an entry its ratio says nothing: a short text of blanks is no attack.
RATIO_FROM = 10 * 1024**2
CHUNK = 64 * 1024
STORED, DEFLATED = 0, 8
ENCRYPTED = 1 | 1 << 6 | 1 << 13
UTF_8 = 1 << 11
IN_ZIP64_2, IN_ZIP64_4 = 0xFFFF, 0xFFFFFFFF

# PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14, 4.3.15 and 4.3.16.
LOCAL = struct.Struct("<4s2xHH16xHH")
ENTRY = struct.Struct("<4s4xHH4xLLLHHHH2xLL")
END_64 = struct.Struct("<4sQ4xLLQQQQ")
LOCATOR_64 = struct.Struct("<4sLQL")
END = struct.Struct("<4s4HLLH")

BROKEN = N_("The ZIP file is damaged or cut off.")


class BadZip(ValueError):
    """The file is no ZIP file, a damaged one, or one that could do harm; the message is for people."""


class Entry(NamedTuple):
    """*packed*: its bytes in the file; *size*: those it claims to have unpacked; *offset*: of its header."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    # As it stands, in what encoding ever, and the flags, for the comparison with the local header.
    raw_name: bytes = b""
    flags: int = 0
    # Where the next entry or the directory begins.
    limit: int = 0


class SafeZip:
    """
    The entries of a seekable *file*, by name, in the order of the directory.

    *most_bytes*: how much may be read of all of them together. *most_ratio*: how many times as large an entry
    may become as it is in the file. None: any, for what is read with flat memory.

    Raises:
        BadZip: here, or while an entry is read.
    """

    def __init__(self, file: IO[bytes], most_bytes: int | None = None, most_ratio: int | None = None):
        self.most_bytes, self.most_ratio = most_bytes, most_ratio
        self.read_bytes = 0
        self._file = file
        self.entries = {entry.name: entry for entry in _apart(*_directory(file))}

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    @property
    def names(self) -> list[str]:
        return list(self.entries)

    def open(self, name: str) -> IO[bytes]:
        """
        The content of the entry *name*; at its end size and checksum are compared.

        Raises:
            KeyError: there is none.
        """
        return io.BufferedReader(_Content(self, self._file, self.entries[name]), CHUNK)

    def read(self, name: str, most: int) -> bytes:
        """The content of the entry *name*, of at most *most* bytes."""
        with self.open(name) as content:
            data = content.read(most + 1)
        if len(data) > most:
            raise BadZip(N_("A file in it is too large."))
        return data

    def count(self, size: int) -> None:
        """Count *size* bytes that were unpacked."""
        self.read_bytes += size
        if self.most_bytes is not None and self.read_bytes > self.most_bytes:
            raise BadZip(N_("There is too much in it."))


class _Content(io.RawIOBase):
    """Unpacks one entry, a chunk at a time."""

    def __init__(self, archive: SafeZip, file: IO[bytes], entry: Entry):
        super().__init__()
        self._archive, self._file, self._entry = archive, file, entry
        self._place = _begin(file, entry)
        self._end = self._place + entry.packed
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == DEFLATED else None
        self._packed, self._size, self._crc = b"", 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        most, unpacker = len(buffer), self._unpacker
        data = self._stored(most) if unpacker is None else self._unpacked(unpacker, most)
        buffer[: len(data)] = data
        self._size += len(data)
        self._crc = zlib.crc32(data, self._crc)
        self._archive.count(len(data))
        self._refuse_bomb()
        if not data and (self._size, self._crc) != (self._entry.size, self._entry.crc):
            raise BadZip(BROKEN)
        return len(data)

    def _stored(self, most: int) -> bytes:
        return self._next(most)

    def _unpacked(self, unpacker: "zlib._Decompress", most: int) -> bytes:
        while not unpacker.eof:
            packed = self._packed or self._next(CHUNK)
            try:
                data = unpacker.decompress(packed, most)
            except zlib.error as error:
                raise BadZip(BROKEN) from error
            self._packed = unpacker.unconsumed_tail
            if data:
                return data
            if not packed:
                raise BadZip(BROKEN)
        return b""

    def _next(self, most: int) -> bytes:
        self._file.seek(self._place)
        data = self._file.read(min(most, self._end - self._place))
        self._place += len(data)
        return data

    def _refuse_bomb(self) -> None:
        most = self._archive.most_ratio
        if most is not None and self._size > max(RATIO_FROM, most * self._entry.packed):
            raise BadZip(N_("A file in it would become many times as large."))


def _directory(file: IO[bytes]) -> tuple[list[Entry], int]:
    """``(entries, place)`` of the central directory: how it begins, and what it lists."""
    count, size, begin = _end_of(file)
    file.seek(begin)
    entries: list[Entry] = []
    while size > 0:
        if len(entries) == MOST_ENTRIES:
            raise BadZip(N_("There are too many files in it."))
        entry, length = _entry(file)
        entries.append(entry)
        size -= length
    if size or len(entries) != count:
        raise BadZip(BROKEN)
    return entries, begin


def _end_of(file: IO[bytes]) -> tuple[int, int, int]:
    """``(count, size, place)`` of the directory, which ends where its end record begins."""
    length = file.seek(0, io.SEEK_END)
    tail_begins = max(0, length - END.size - IN_ZIP64_2)
    file.seek(tail_begins)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        raise BadZip(BROKEN if _begins_as_zip(file) else N_("This is no ZIP file."))
    _, disk, first_disk, here, count, size, begin, comment = END.unpack_from(tail, at)
    place = tail_begins + at
    if place + END.size + comment != length:
        raise BadZip(BROKEN)
    if IN_ZIP64_2 in (here, count) or IN_ZIP64_4 in (size, begin):
        place, disk, first_disk, here, count, size, begin = _end_64(file, place)
    if (disk, first_disk, here) != (0, 0, count):
        raise BadZip(N_("It is one part of several."))
    if begin + size != place:
        raise BadZip(BROKEN)
    return count, size, begin


def _begins_as_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(4) == b"PK\3\4"


def _end_64(file: IO[bytes], end: int) -> tuple[int, ...]:
    mark, disk, place, disks = _unpack(LOCATOR_64, file, end - LOCATOR_64.size)
    if mark != b"PK\6\7" or (disk, disks) != (0, 1):
        raise BadZip(BROKEN)
    mark, length, disk, first_disk, here, count, size, begin = _unpack(END_64, file, place)
    if mark != b"PK\6\6" or place + 12 + length != end - LOCATOR_64.size:
        raise BadZip(BROKEN)
    return place, disk, first_disk, here, count, size, begin


def _entry(file: IO[bytes]) -> tuple[Entry, int]:
    """``(Entry, its length in the directory)`` of the next one."""
    values = _unpack(ENTRY, file)
    mark, flags, method, crc, packed, size, n_name, n_extra, n_comment, disk, mode, offset = values
    if mark != b"PK\1\2" or n_name > LONGEST_NAME:
        raise BadZip(BROKEN)
    name, extra = _exactly(file, n_name), _exactly(file, n_extra)
    _exactly(file, n_comment)
    _refuse_kind(flags, method, disk, mode)
    size, packed, offset = _sizes_64(extra, size, packed, offset)
    text = name.decode("utf-8" if flags & UTF_8 else "cp437", "replace")
    entry = Entry(text, method, crc, packed, size, offset, name, flags)
    return entry, ENTRY.size + n_name + n_extra + n_comment


def _refuse_kind(flags: int, method: int, disk: int, mode: int) -> None:
    if flags & ENCRYPTED:
        raise BadZip(N_("It is protected by a password."))
    if disk:
        raise BadZip(N_("It is one part of several."))
    if method not in (STORED, DEFLATED):
        raise BadZip(N_("It is packed in a way that this site does not read."))
    if stat.S_ISLNK(mode >> 16):
        raise BadZip(N_("There is a link to another file in it."))


def _sizes_64(extra: bytes, *sizes: int) -> list[int]:
    """*sizes* with those that are marked as too large for 32 bits taken from the field of ZIP64."""
    field = _field_64(extra)
    found = []
    for size in sizes:
        if size == IN_ZIP64_4:
            if len(field) < 8:
                raise BadZip(BROKEN)
            size, field = int.from_bytes(field[:8], "little"), field[8:]
        found.append(size)
    return found


def _field_64(extra: bytes) -> bytes:
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 1:
            return extra[4 : 4 + length]
        extra = extra[4 + length :]
    return b""


def _apart(entries: list[Entry], directory: int) -> Iterator[Entry]:
    """
    Yield *entries* with the limit of each.

    Raises:
        BadZip: a name occurs twice, or two of them share bytes.
    """
    offsets = sorted(entry.offset for entry in entries)
    limits = dict(pairwise([*offsets, directory]))
    if len({entry.name for entry in entries}) < len(entries):
        raise BadZip(N_("A name occurs twice in it."))
    for entry in entries:
        limit = limits[entry.offset]
        if len(limits) < len(entries) or entry.offset + LOCAL.size + entry.packed > limit:
            raise BadZip(N_("Files in it overlap."))
        yield entry._replace(limit=limit)


def _begin(file: IO[bytes], entry: Entry) -> int:
    """Where the data of *entry* begin, behind its local header."""
    mark, flags, method, n_name, n_extra = _unpack(LOCAL, file, entry.offset)
    begin = entry.offset + LOCAL.size + n_name + n_extra
    same = (mark, flags, method) == (b"PK\3\4", entry.flags, entry.method)
    if not same or _exactly(file, n_name) != entry.raw_name:
        raise BadZip(BROKEN)
    if begin + entry.packed > entry.limit:
        raise BadZip(N_("Files in it overlap."))
    return begin


def _unpack(record: struct.Struct, file: IO[bytes], place: int | None = None) -> tuple[Any, ...]:
    if place is not None:
        file.seek(max(0, place))
    return record.unpack(_exactly(file, record.size))


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise BadZip(BROKEN)
    return data

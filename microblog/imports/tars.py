"""
``.tar.gz`` files from strangers, as older Mastodon servers made them, read as streams: nothing is extracted.

Only plain entries of ustar are opened. Whatever else there is, such as a link or a header that is to rename
an entry, is passed over.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, Any

from microblog.base.i18n import N_
from microblog.base.zips import MOST_ENTRIES, RATIO_FROM

BLOCK = 512
CHUNK = 64 * 1024
PLAIN = {b"0", b"\0"}
BROKEN = N_("The file is damaged or cut off.")


class BadTar(ValueError):
    """The file is damaged, or could do harm; the message is for people."""


class SafeTar:
    """
    The plain entries of *file*, a seekable one, by name; *names* are all of them.

    *most_bytes*, *most_ratio*: how much may be unpacked, in bytes and in times of the file's size.

    Raises:
        BadTar: here, or while an entry is read.
    """

    def __init__(self, file: IO[bytes], most_bytes: int | None = None, most_ratio: int | None = None):
        self._file = file
        size = file.seek(0, io.SEEK_END)
        limits = [most_bytes, most_ratio and max(RATIO_FROM, most_ratio * size)]
        self._most_bytes = min(filter(None, limits), default=None)
        self.names: list[str] = []
        for name, _content in self._entries():
            self.names.append(name)
            if len(self.names) > MOST_ENTRIES:
                raise BadTar(N_("There are too many files in it."))
        if len(set(self.names)) < len(self.names):
            raise BadTar(N_("A name occurs twice in it."))

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def open(self, name: str) -> IO[bytes]:
        """
        The content of the entry *name*, as a binary file.

        Raises:
            KeyError: there is none.
        """
        for found, content in self._entries():
            if found == name:
                return io.BufferedReader(content, CHUNK)
        raise KeyError(name)

    def _entries(self) -> "Iterator[tuple[str, _Content]]":
        """Yield ``(name, content)``; whatever of the content is not read is passed over."""
        self._file.seek(0)
        stream = _Unpacked(self._file, self._most_bytes)
        while (header := stream.exactly(BLOCK)).strip(b"\0"):
            size = _number(header[124:136])
            content = _Content(stream, size)
            if header[156:157] in PLAIN:
                yield _name(header), content
            content.pass_over()
            stream.pass_over(-size % BLOCK)


class _Unpacked:
    """Unpacks gzip and counts what comes out."""

    def __init__(self, file: IO[bytes], most_bytes: int | None):
        self._stream = gzip.GzipFile(fileobj=file)
        self._left = most_bytes

    def read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise BadTar(BROKEN) from error
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise BadTar(N_("There is too much in it."))
        return data

    def exactly(self, size: int) -> bytes:
        data = self.read(size)
        if len(data) < size:
            raise BadTar(BROKEN)
        return data

    def pass_over(self, size: int) -> None:
        while size > 0:
            size -= len(self.exactly(min(size, CHUNK)))


class _Content(io.RawIOBase):
    def __init__(self, stream: _Unpacked, size: int):
        super().__init__()
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.exactly(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def pass_over(self) -> None:
        self._stream.pass_over(self._left)
        self._left = 0


def _name(header: bytes) -> str:
    name, prefix = (header[begin:end].split(b"\0")[0] for begin, end in ((0, 100), (345, 500)))
    is_ustar = header[257:262] == b"ustar" and header[263:265] == b"00"
    return (prefix + b"/" + name if is_ustar and prefix else name).decode("utf-8", "replace")


def _number(field: bytes) -> int:
    """A size in octal digits; the base 256 of files above 8 GiB is refused."""
    digits = field.strip(b" \0") or b"0"
    if digits.strip(b"01234567"):
        raise BadTar(BROKEN)
    return int(digits, 8)

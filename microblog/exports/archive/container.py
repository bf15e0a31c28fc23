"""The ZIP file: one entry after the other, each hashed while it is written; same content, same bytes."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import IO, NamedTuple, Self

# The lightest: more of it takes several times as long and saves little.
LEVEL = 1
# With more posts an entry may become larger than 2 GiB, which has to be said before it is written: 5,000
# characters of at most five bytes each in HTML, twice in each item of the outbox, and a tag with its address
# in every third of them.
MOST_POSTS_OF_32_BITS = 8_000


# Takes the text of an entry, one piece after the other.
Write = Callable[[str], None]


class Written(NamedTuple):
    """What became of an entry."""

    sha256: str
    size_bytes: int


class Container:
    """
    A ZIP file that is being written to *file*. *posts*: how many there are in the largest entry.

    Every entry is dated 1980-01-01, which is Python's default, and no name of this system is in it.
    """

    def __init__(self, file: IO[bytes], posts: int):
        self.written: dict[str, Written] = {}
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        self._large = posts > MOST_POSTS_OF_32_BITS

    def write(self, name: str, text: str) -> None:
        """Write a whole entry."""
        with self.entry(name) as write:
            write(text)

    @contextmanager
    def entry(self, name: str) -> Iterator[Write]:
        """A function that writes text to the entry *name*."""
        digest, size = sha256(), 0
        with self._zip.open(name, "w", force_zip64=self._large) as entry:

            def write(text: str) -> None:
                nonlocal size
                data = text.encode()
                digest.update(data)
                size += len(data)
                entry.write(data)

            yield write
        self.written[name] = Written(digest.hexdigest(), size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Write the directory, sorted by name, whatever the order of writing was."""
        self._zip.filelist.sort(key=lambda entry: entry.filename)
        with suppress(*[OSError] if error else []):
            self._zip.close()

"""A folder of an archive, by the names that its files have there."""

import json
import re
from typing import IO, Any, Self

from microblog.base.zips import SafeZip
from microblog.imports.tars import SafeTar

MOST_OF_A_SMALL_FILE = 1024**2


class Folder:
    """The files of *archive* in *path*: "" or a folder with its slash."""

    def __init__(self, archive: SafeZip | SafeTar, path: str):
        self._archive, self._path = archive, path

    @classmethod
    def with_one_of(cls, archive: SafeZip | SafeTar, wanted: tuple[str, ...]) -> Self:
        """Where one of the files *wanted* is: at the root, or else in a folder there."""
        if not any(name in archive for name in wanted):
            for name in archive.names:
                folder, slash, rest = name.partition("/")
                if slash and rest in wanted and folder.strip("."):
                    return cls(archive, f"{folder}/")
        return cls(archive, "")

    def __contains__(self, name: str) -> bool:
        return self._path + name in self._archive

    def matching(self, pattern: re.Pattern[str]) -> list[str]:
        """The names that *pattern* matches, the first part first."""
        names = (name.removeprefix(self._path) for name in self._archive.names)
        return sorted(filter(pattern.fullmatch, names), key=lambda name: (len(name), name))

    def place_of(self, name: str) -> str:
        """Where the file *name* is in the archive."""
        return self._path + name

    def open(self, name: str) -> IO[bytes]:
        """The content of the file *name*, as a binary file; KeyError if there is none."""
        return self._archive.open(self._path + name)

    def read(self, name: str, most: int) -> bytes:
        """The content of the file *name*, of at most *most* bytes; of a ZIP file."""
        assert isinstance(self._archive, SafeZip)
        return self._archive.read(self._path + name, most)

    def text(self, name: str) -> str:
        """That of a small file; "" if there is none, or it is large or no text."""
        if name not in self:
            return ""
        with self.open(name) as file:
            data = file.read(MOST_OF_A_SMALL_FILE + 1)
        return data.decode(errors="replace") if len(data) <= MOST_OF_A_SMALL_FILE else ""

    def object(self, name: str) -> dict[str, Any]:
        """The object of JSON in a small file; an empty one if there is none, or it is none."""
        try:
            found = json.loads(self.text(name))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

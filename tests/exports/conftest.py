"""Archives of susan, as files and as what is in them."""

import zipfile
from typing import NamedTuple

import pytest

from microblog.exports import archive
from microblog.exports.archive.pages import Words
from microblog.exports.archive.parts import Source
from microblog.exports.archive.site import Site

KEYS = ("a former key", "a key of tests")
SITE = Site("https://blog.example.org", KEYS)
WORDS = Words(lambda text, **values: text % values if values else text, "en")


class Archive(NamedTuple):
    """*path* of the ZIP file; *files*: the bytes of each file in it, by name."""

    path: object
    files: dict


@pytest.fixture
def source(susan):
    """What susan's archive is made of."""
    return Source(susan.id, SITE, WORDS)


@pytest.fixture
def made(source, tmp_path):
    """A function that writes susan's archive."""

    def made(name="x.zip", **changes):
        path = tmp_path / name
        archive.write_zip(source._replace(**changes), path)
        with zipfile.ZipFile(path) as file:
            return Archive(path, {name: file.read(name) for name in file.namelist()})

    return made


@pytest.fixture
def repacked(made, tmp_path):
    """A function that writes an archive again with *changes* to its files: a name to bytes, or to None."""

    def repacked(changes=None, **options):
        files = {**made().files, **(changes or {})}
        path = tmp_path / "repacked.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in files.items():
                if data is not None:
                    file.writestr(name, data)
        return path

    return repacked

"""Faults of an archive: each is found by our own check, and what BagIt can know by bagit as well."""

import io
import json
import shutil
import subprocess
import zipfile

import bagit
import pytest

from microblog.base.zips import SafeZip
from microblog.exports import archive
from microblog.exports.archive import names
from microblog.exports.archive.check import Check
from microblog.exports.archive.reader import NotOurs, read_about
from tests.exports.conftest import KEYS


def faults_of(path, keys=()):
    with path.open("rb") as file:
        return [str(fault) for fault in Check(file, keys).faults()]


def is_bag(path, folder):
    """Whether bagit accepts what is in the ZIP file."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.unpack_archive(path, folder, "zip")
    try:
        bagit.Bag(str(folder)).validate()
    except bagit.BagError:
        return False
    return True


@pytest.fixture
def two_posts(susan, write_posts):
    write_posts(susan, "first", "second")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_was_written_is_whole_for_us_for_bagit_and_for_sha256sum(
    made, susan, write_posts, tmp_path, count
):
    write_posts(susan, *map(str, range(count)))
    path = made().path

    assert faults_of(path) == []
    assert is_bag(path, tmp_path / "bag")
    lists = [names.MANIFEST, names.TAG_MANIFEST]
    told = subprocess.run(
        ["sha256sum", "--strict", "-c", *lists], cwd=tmp_path / "bag", capture_output=True, text=True
    )
    assert told.returncode == 0
    assert {line.rpartition(": ")[2] for line in told.stdout.splitlines()} == {"OK"}


def test_a_changed_byte_in_any_file_is_found(made, repacked, two_posts, tmp_path):
    """BagIt tells of the same, except for the seal, which no list names."""
    for name, data in made().files.items():
        if not data:
            continue
        changed = bytes([data[0] ^ 1]) + data[1:]

        path = repacked({name: changed})

        if name == names.SEAL:
            assert seal_of(path) is False
        else:
            assert faults_of(path), name
            assert not is_bag(path, tmp_path / "bag"), name


def test_each_missing_file_is_named(made, repacked, two_posts):
    for name in made().files:
        if name == names.ABOUT:
            assert faults_of(repacked({name: None})) == ["This is no archive of a site like this one."]
        else:
            told = faults_of(repacked({name: None}))
            assert name.startswith("pages/") or f"{name} is missing." in told, name


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "data/more.json", "index.htm", "pages/20٢6.html", "x\n"]
)
def test_what_does_not_belong_there_is_named_and_never_opened(repacked, two_posts, name):
    told = faults_of(repacked({name: b"x"}))

    assert f"{name!a} does not belong in an archive." in told


@pytest.mark.parametrize("tenth", range(10))
def test_an_archive_that_is_cut_off_is_not_whole(made, two_posts, tmp_path, tenth):
    data = made().path.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(data[: len(data) * tenth // 10])

    assert len(faults_of(cut)) == 1


def test_a_flipped_bit_anywhere_is_found_or_leaves_every_file_as_it_was(made, two_posts):
    path, files = made()
    data = path.read_bytes()

    for place in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        check = Check(io.BytesIO(damaged), KEYS)
        if not list(check.faults()) and check.sealed:
            archive_ = SafeZip(io.BytesIO(damaged))
            assert {name: archive_.open(name).read() for name in archive_.entries} == files, place


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id":"1"}', "It is no post."),
        ("[]", "It is no post."),
        ('{"id":1,"body":"x","timestamp":"x","language":null}', "It is no post."),
        ('{"id":"²","body":"x","timestamp":"x","language":null}', "It is no post."),
        ('{"id":"1","body":"x","timestamp":"1990-01-01T00:00:00.000000Z"}', "Its id and its time disagree."),
        ("[" * 9999 + "]" * 9999, "It is nested too deeply."),
        ('"' + "x" * 2 * 1024**2 + '"', "It is too long, or no JSON."),
    ],
)
def test_a_post_that_cannot_be_read_is_told_by_its_number(made, repacked, two_posts, line, reason):
    posts = made().files[names.POSTS].decode().replace("\n]", f",\n{line}\n]")

    told = faults_of(repacked({names.POSTS: posts.encode()}))

    assert f"Post 3 cannot be read. {reason}" in told


def test_a_number_of_posts_that_is_not_theirs_is_told(made, repacked, two_posts):
    about = json.loads(made().files[names.ABOUT]) | {"posts": 3}

    assert "It says that it has 3 posts, and has 2." in faults_of(
        repacked({names.ABOUT: json.dumps(about).encode()})
    )


@pytest.mark.parametrize(
    ("keys", "sealed"),
    [
        (KEYS, True),
        (KEYS[1:], True),
        (["new", *KEYS], True),
        (KEYS[:1], False),
        (["other"], False),
        ((), None),
    ],
)
def test_a_site_knows_its_seal_by_any_of_its_keys(made, two_posts, keys, sealed):
    assert seal_of(made().path, keys) is sealed


def seal_of(path, keys=KEYS):
    with path.open("rb") as file:
        check = Check(file, keys)
        list(check.faults())
    return check.sealed


def test_a_newer_format_is_told(repacked):
    about = json.dumps({"format": 2, "posts": 0}).encode()

    assert faults_of(repacked({names.ABOUT: about})) == ["A newer version of this site has made it."]


def test_the_reader_gives_what_was_written(made, susan, write_posts):
    [post] = write_posts(susan, "first")
    with made().path.open("rb") as file:
        opened = SafeZip(file)

        assert read_about(opened) == {"format": 1, "posts": 1, "newest": str(post.id)}


@pytest.mark.parametrize("about", [b"", b"[]", b"{", b"[" * 9999, b'{"format": 1}' + b" " * 100_000])
def test_an_archive_that_says_nothing_of_itself_is_not_ours(repacked, about):
    with repacked({names.ABOUT: about}).open("rb") as file:
        opened = SafeZip(file)
        with pytest.raises((NotOurs, ValueError)):
            read_about(opened)


def test_the_same_posts_give_the_same_bytes(made, two_posts):
    first, second = made("1.zip"), made("2.zip")

    assert first.path.read_bytes() == second.path.read_bytes()
    with zipfile.ZipFile(first.path) as file:
        assert file.namelist() == sorted(file.namelist())
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.extra for entry in file.infolist()} == {b""}


def test_more_posts_than_fit_in_32_bits_are_read_back(made, two_posts, monkeypatch):
    monkeypatch.setattr("microblog.exports.archive.container.MOST_POSTS_OF_32_BITS", 1)

    path = made().path

    assert faults_of(path) == []
    with path.open("rb") as file:
        archive.read_back(file, 2)

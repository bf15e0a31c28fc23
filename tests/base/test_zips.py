"""ZIP files that would do harm, or are damaged; what Python's own module writes is read as it was."""

import io
import random
import stat
import struct
import zipfile

import pytest

from microblog.base import zips
from microblog.base.zips import BROKEN, BadZip, SafeZip

UNKNOWN = "It is packed in a way that this site does not read."


def packed(entries, method=zipfile.ZIP_DEFLATED):
    """A ZIP file as Python's own module writes it, of (name, data) or (ZipInfo, data)."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return file.getvalue()


def opened(data, **limits):
    return SafeZip(io.BytesIO(data), **limits)


def contents(data, **limits):
    archive = opened(data, **limits)
    return {name: archive.open(name).read() for name in archive.entries}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_come_as_they_were_packed(method):
    entries = {
        "a.txt": b"",
        "data/é.json": b"{}",
        "big": random.Random(1).randbytes(300_000),
        "same": b"x" * 9**6,
    }

    assert contents(packed(entries.items(), method)) == entries
    assert opened(packed([], method)).entries == {}


def test_zip64_and_sizes_behind_the_data_are_read():
    class Unseekable(io.BytesIO):
        def seekable(self):
            return False

        def tell(self):
            raise OSError

        seek = tell

    file = Unseekable()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("large", "w", force_zip64=True) as entry:
            entry.write(b"x" * 70_000)
        archive.writestr("small", b"y")

    assert contents(file.getvalue()) == {"large": b"x" * 70_000, "small": b"y"}


def test_a_directory_in_zip64_is_read(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 40)

    data = bytearray(packed([("a", b"first" * 20), ("b", b"second"), ("c", b"third")]))
    # As it would be for so many entries, or such large ones.
    struct.pack_into("<HHLL", data, data.index(b"PK\5\6") + 8, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2)

    assert b"PK\6\6" in data
    assert contents(data) == {"a": b"first" * 20, "b": b"second", "c": b"third"}


@pytest.mark.parametrize("tenth", range(10))
def test_a_file_that_is_cut_off_is_refused(tenth):
    data = packed([("a", random.Random(1).randbytes(5000)), ("b", b"x" * 5000)])

    with pytest.raises(BadZip):
        contents(data[: len(data) * tenth // 10])


def test_a_flipped_bit_is_an_answer_of_ours_or_changes_nothing_that_matters():
    entries = {"a": b"hello " * 50, "b": b"", "c": random.Random(1).randbytes(99)}
    data, chance = packed(entries.items()), random.Random(2)

    for _ in range(2000):
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            found = contents(damaged)
        except BadZip:
            continue
        assert sorted(found.values()) == sorted(entries.values())


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def with_flags(flags):
    data = bytearray(packed([("a", b"x")]))
    struct.pack_into("<H", data, 6, flags)
    struct.pack_into("<H", data, data.index(b"PK\1\2") + 8, flags)
    return data


def overlapping():
    """Two entries of one and the same data, as a bomb of overlapping files has them."""
    data = bytearray(packed([("a", b"x" * 1000), ("b", b"x" * 1000)]))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    struct.pack_into("<L", data, second + 42, 0)
    return data


def reaching_over():
    """An entry with a field behind its name that is so long that its data reach into the next one's."""
    data = bytearray(packed([("a", b"first"), ("b", b"second")], zipfile.ZIP_STORED))
    struct.pack_into("<H", data, 28, 30)
    return data


def of_another_name():
    """An entry that other programs would write under a name that the directory does not tell."""
    data = bytearray(packed([("a", b"first")]))
    data[30] = ord("b")
    return data


def twice():
    data = packed([("a", b"1"), ("b", b"2")])
    return data.replace(b"b", b"a")


def of_several_disks():
    data = bytearray(packed([("a", b"x")]))
    struct.pack_into("<H", data, data.index(b"PK\5\6") + 4, 1)
    return data


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"", "This is no ZIP file."),
        (b"GIF89a" * 99, "This is no ZIP file."),
        (b"PK\3\4" * 99, BROKEN),
        (packed([("a", b"x")]) + b"more", BROKEN),
        (b"before" + packed([("a", b"x")]), BROKEN),
        (packed([(link("a"), b"/etc/passwd")]), "There is a link to another file in it."),
        (packed([("a", b"x" * 99)], zipfile.ZIP_BZIP2), UNKNOWN),
        (with_flags(1), "It is protected by a password."),
        (with_flags(1 << 6), "It is protected by a password."),
        (overlapping(), "Files in it overlap."),
        (reaching_over(), "Files in it overlap."),
        (of_another_name(), BROKEN),
        (twice(), "A name occurs twice in it."),
        (of_several_disks(), "It is one part of several."),
    ],
)  # fmt: skip
def test_what_could_do_harm_is_refused(data, answer):
    with pytest.raises(BadZip) as refused:
        contents(data)

    assert str(refused.value) == answer


def test_more_than_so_many_entries_are_refused_whatever_the_count_says(monkeypatch):
    monkeypatch.setattr(zips, "MOST_ENTRIES", 3)
    data = bytearray(packed([(str(number), b"") for number in range(4)]))
    struct.pack_into("<HH", data, data.index(b"PK\5\6") + 8, 1, 1)

    with pytest.raises(BadZip, match="too many"):
        opened(data)


def test_a_bomb_is_stopped_while_it_is_read(monkeypatch):
    monkeypatch.setattr(zips, "RATIO_FROM", 100_000)
    bomb = packed([("a", b"0" * 30_000_000)])
    archive = opened(bomb, most_ratio=200)

    with pytest.raises(BadZip, match="many times as large"):
        archive.open("a").read()

    assert archive.read_bytes < 40 * len(bomb) + 2 * zips.CHUNK + 200 * len(bomb)
    assert len(contents(bomb)["a"]) == 30_000_000, "where there is no limit"


def test_what_is_read_of_all_entries_counts_together():
    data = packed([(name, b"0" * 1000) for name in "abc"])

    assert len(contents(data, most_bytes=3000)) == 3
    with pytest.raises(BadZip, match="too much"):
        contents(data, most_bytes=2999)


def test_an_entry_that_is_larger_than_it_claims_is_stopped_by_what_is_read():
    data = bytearray(packed([("a", b"0" * 100_000)]))
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 24, 10)
    archive = opened(data, most_bytes=1000)

    with pytest.raises(BadZip, match="too much"):
        archive.read("a", 10**6)


def test_a_small_file_is_read_whole_and_a_large_one_refused():
    archive = opened(packed([("a", b"12345")]))

    assert archive.read("a", 5) == b"12345"
    with pytest.raises(BadZip, match="too large"):
        archive.read("a", 4)

import stat

import pytest

from microblog.base.files import atomic_write


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "list.txt"

    with atomic_write(path) as file:
        file.write("one\n")
        assert not path.exists()

    assert path.read_bytes() == b"one\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("former", [None, "former"])
def test_a_file_that_breaks_off_leaves_all_as_it_was(tmp_path, former):
    path = tmp_path / "list.txt"
    if former:
        path.write_text(former)

    with pytest.raises(ZeroDivisionError):
        write_half(path)

    assert [each.read_text() for each in tmp_path.iterdir()] == ([former] if former else [])


def write_half(path):
    with atomic_write(path) as file:
        file.write("one\n")
        file.write(str(1 / 0))

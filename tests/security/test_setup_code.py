import stat

import pytest

from microblog.security import setup_code


def test_a_code_is_made_once_and_is_private(tmp_path):
    setup_code.issue(tmp_path)
    code = setup_code.read(tmp_path)
    setup_code.issue(tmp_path)

    assert len(code) == 16
    assert setup_code.read(tmp_path) == code
    assert setup_code.matches(tmp_path, code)
    [path] = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", ["", "\n", " \r\n", "\0" * 16])
def test_what_a_full_disk_or_a_power_cut_left_is_no_code(tmp_path, left):
    (tmp_path / "setup_code").write_text(left)

    assert not setup_code.matches(tmp_path, left)
    assert not setup_code.matches(tmp_path, "")
    setup_code.issue(tmp_path)
    assert len(setup_code.read(tmp_path)) == 16


def test_a_code_that_cannot_be_written_leaves_the_former_file_and_no_draft(tmp_path, monkeypatch):
    (tmp_path / "setup_code").touch()

    def fail(_descriptor):
        raise OSError("no space")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        setup_code.issue(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["setup_code"]


def test_without_a_code_nothing_is_right(tmp_path):
    assert not setup_code.matches(tmp_path, "")
    setup_code.issue(tmp_path)
    setup_code.remove(tmp_path)
    setup_code.remove(tmp_path)
    assert not setup_code.matches(tmp_path, "")

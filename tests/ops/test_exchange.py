"""A restore on other disks, through links, and with whatever of it fails."""

import errno
import os

import pytest

from microblog.ops import exchange as exchange_module
from microblog.ops.exchange import HalfRestored, exchange
from tests.end_to_end.small_disk import small_disk

OLD = {
    "microblog.db": "old",
    "secret_key": "old",
    "exports/both.json": "old",
    "exports/former.json": "old",
    "outbox/former.eml": "old",
}
NEW = {
    "microblog.db": "new",
    "secret_key": "new",
    "exports/both.json": "new",
    "exports/new.json": "new",
    "outbox/new.eml": "new",
}


@pytest.fixture
def present(tmp_path):
    return write(tmp_path / "data", OLD)


@pytest.fixture
def restored(present):
    return write(present / "run" / "staging", NEW)


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def read(folder):
    """All that a site keeps, by name."""
    paths = [path for name in ("exports", "outbox") for path in (folder / name).rglob("*")]
    paths += [path for path in folder.glob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


@pytest.mark.parametrize("name", ["exports", "outbox"])
def test_a_folder_on_another_disk_is_restored_there(present, restored, name):
    for path in (present / name).iterdir():
        path.rename(present / path.name)
    with small_disk(present / name, "64k"):
        for path in present.glob("*.[je]*"):
            write(present / name, {path.name: path.read_text()})
            path.unlink()

        former = exchange(present, restored)

        assert read(present) == NEW
        assert os.path.ismount(present / name)
        assert read(former) == OLD


@pytest.mark.parametrize("name", ["microblog.db", "secret_key", "exports", "outbox"])
def test_a_link_stays_one(present, restored, tmp_path, name):
    (present / name).rename(tmp_path / "elsewhere")
    (present / name).symlink_to(tmp_path / "elsewhere")

    former = exchange(present, restored)

    assert (present / name).is_symlink()
    assert read(present) == NEW
    assert read(former) == OLD


def test_a_link_that_leads_nowhere_changes_nothing(present, restored, tmp_path):
    (present / "outbox" / "former.eml").unlink()
    (present / "outbox").rmdir()
    (present / "outbox").symlink_to(tmp_path / "nowhere")
    before = read(present)

    with pytest.raises(FileNotFoundError, match="the link leads to"):
        exchange(present, restored)

    assert read(present) == before
    assert not (present / "before-restore").exists()


def count_steps(present, restored, monkeypatch, fail_from=None, fail_to=None):
    """Do the exchange; the calls from one to another fail as on a full disk. Returns how many there were."""
    calls = []
    put = exchange_module._put

    def counting(target, source):
        calls.append(target)
        if fail_from is not None and fail_from <= len(calls) <= fail_to:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        put(target, source)

    with monkeypatch.context() as patch:
        patch.setattr(exchange_module, "_put", counting)
        exchange(present, restored)
    return len(calls)


def test_whichever_step_fails_nothing_was_changed(tmp_path, monkeypatch):
    def site(name):
        present = write(tmp_path / name / "data", OLD)
        return present, write(present / "run" / "staging", NEW)

    steps = count_steps(*site("whole"), monkeypatch)
    assert steps > len(OLD) + len(NEW)

    for step in range(1, steps + 1):
        present, restored = site(str(step))
        with pytest.raises(OSError, match="No space left"):
            count_steps(present, restored, monkeypatch, fail_from=step, fail_to=step)
        assert read(present) == OLD, step
        assert not (present / "before-restore").exists(), step


class Killed(BaseException):
    """Nothing runs after it."""


def test_wherever_it_is_killed_no_file_is_missing_and_it_can_be_repeated(tmp_path, monkeypatch):
    for step in range(1, 100):
        present = write(tmp_path / str(step) / "data", OLD)
        restored = write(present / "run" / "staging", NEW)
        calls, put = [], exchange_module._put

        def dying(target, source, step=step, calls=calls, put=put):
            calls.append(target)
            if len(calls) == step:
                raise Killed
            put(target, source)

        with monkeypatch.context() as patch:
            patch.setattr(exchange_module, "_put", dying)
            patch.setattr(exchange_module, "_undo", lambda *_: None)
            try:
                exchange(present, restored)
            except Killed:
                pass
            else:
                break

        named = OLD if read(present)["microblog.db"] == "old" else NEW
        assert named.keys() <= read(present).keys(), step
        exchange(present, write(present / "run" / "staging", NEW))
        assert read(present) == NEW, step
    assert step > len(OLD) + len(NEW)


def test_what_cannot_even_be_undone_says_where_everything_is(present, restored, monkeypatch):
    with pytest.raises(HalfRestored, match="what was there before lies in"):
        count_steps(present, restored, monkeypatch, fail_from=12, fail_to=99)

    [former] = (present / "before-restore").iterdir()
    assert read(former) == OLD

"""The nightly rehearsal of a restore."""

import os

import pytest

from microblog.base.database import data_dir
from microblog.models import User
from microblog.ops import backup, rehearsal
from microblog.ops.rehearsal import Rehearsal, rehearse_newest
from microblog.ops.restore import CannotRestore


@pytest.fixture(autouse=True)
def context(app, susan):
    with app.app_context():
        yield


def test_the_newest_backup_is_found_sound_once(monkeypatch):
    old, new = backup.write(), backup.write()
    os.utime(old, (0, 0))
    tried = []
    monkeypatch.setattr(rehearsal, "rehearse", lambda path, https: tried.append(path))

    rehearse_newest()
    rehearse_newest()

    assert tried == [new]
    assert rehearsal.last() == Rehearsal(new.name)


def test_a_damaged_backup_is_recorded_and_tried_again():
    path = backup.write()
    path.write_bytes(path.read_bytes()[:-2000])

    for _ in range(2):
        with pytest.raises(CannotRestore, match="is no backup, or damaged"):
            rehearse_newest()

    assert rehearsal.last().name == path.name
    assert "is no backup, or damaged" in rehearsal.last().fault


def test_it_leaves_the_site_as_it_was_and_no_scratch_folder():
    backup.write()

    rehearse_newest()

    assert User.get().username == "susan"
    assert not (data_dir() / "run" / "staging").exists()
    assert not (data_dir() / "before-restore").exists()


def test_without_a_backup_there_is_nothing_to_try():
    rehearse_newest()

    assert rehearsal.last() is None


def test_a_disk_without_room_is_left_alone(monkeypatch):
    backup.write()
    monkeypatch.setattr(rehearsal, "SPARE_BYTES", 2**60)

    rehearse_newest()

    assert rehearsal.last() is None

import pytest

from microblog.base.locks import acquire, locked, try_acquire


@pytest.fixture
def opened(tmp_path):
    """A function that opens the one file again, as another process would."""
    files = []

    def open_again():
        files.append((tmp_path / "lock").open("w"))
        return files[-1]

    yield open_again
    for file in files:
        file.close()


def test_a_lock_is_exclusive_until_its_file_is_closed(opened):
    first, second = opened(), opened()
    acquire(first)

    assert not try_acquire(second)
    assert not try_acquire(second, shared=True)
    first.close()
    assert try_acquire(second)


def test_any_number_may_share_a_lock_and_keep_one_from_having_it_alone(opened):
    first, second, third = opened(), opened(), opened()
    acquire(first, shared=True)

    assert try_acquire(second, shared=True)
    assert not try_acquire(third)


def test_a_lock_becomes_the_other_kind(opened):
    first, second = opened(), opened()
    acquire(first, shared=True)

    assert try_acquire(first)
    assert not try_acquire(second, shared=True)
    acquire(first, shared=True)
    assert try_acquire(second, shared=True)


def test_a_file_is_locked_for_the_block_and_its_folder_made(tmp_path):
    path = tmp_path / "new" / "lock"

    with locked(path), path.open() as other:
        assert not try_acquire(other)

    with path.open() as other:
        assert try_acquire(other)

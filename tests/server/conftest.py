import pytest

from microblog.server.children import Child, wait_until

SOON_S = 60


@pytest.fixture
def start(tmp_path):
    """A function that starts a shell's *script*, and waits until it has made the file ``here``."""
    started = []

    def start(script, **options):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        child = Child("a child", ["sh", "-c", script], cwd=folder, **options)
        started.append(child)
        child.start()
        assert wait_until((folder / "here").exists, SOON_S)
        return child

    yield start
    for child in started:
        child.sweep()

import pytest

from microblog.base.config import Settings
from microblog.server.children import Child
from microblog.server.processes import wait_until

SOON_S = 60


@pytest.fixture
def settings(tmp_path):
    """The settings of a site whose data folder is *tmp_path*."""
    (tmp_path / "run").mkdir()
    return Settings(data_dir=tmp_path)


@pytest.fixture
def said(monkeypatch):
    """The lines that the supervisor would have printed."""
    lines = []
    monkeypatch.setattr("microblog.server.children.say", lines.append)
    monkeypatch.setattr("microblog.server.queue_server.say", lines.append)
    return lines


@pytest.fixture
def start(settings, tmp_path):
    """A function that starts a shell's *script* in a new folder, and waits until it has made ``here``."""
    started = []

    def start(script, settings=settings, **options):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        child = Child(f"child {len(started)}", ["sh", "-c", f"cd '{folder}'; {script}"], settings, **options)
        started.append(child)
        child.start()
        assert wait_until((folder / "here").exists, SOON_S)
        return child

    yield start
    for child in started:
        child.sweep()

import pytest

from microblog.base.config import Settings
from microblog.server import queue_server, queue_service
from microblog.server.children import wait_until
from microblog.server.queue_service import QueueServer
from tests.server.conftest import SOON_S

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def settings(tmp_path):
    for name in ("run", "queue"):
        (tmp_path / name).mkdir()
    return Settings(data_dir=tmp_path)


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr("microblog.server.service.say", lines.append)
    monkeypatch.setattr("microblog.server.queue_service.say", lines.append)
    return lines


@pytest.fixture
def server(settings, said):
    server = QueueServer(settings)
    yield server
    server.sweep()
    queue_server.withdraw(settings)


def tend_until(server, condition):
    assert wait_until(lambda: (server.tend(), condition())[1], SOON_S)


def tend_until_it_answers(server):
    tend_until(server, lambda: server.alive and server.has_answered)


def damage(settings):
    [file] = (settings.data_dir / "queue" / "appendonlydir").glob("*.incr.aof")
    file.write_bytes(b"0123456789" + file.read_bytes()[10:])


def test_it_keeps_its_data_when_it_is_killed_and_loses_them_when_they_are_damaged(server, settings, said):
    tend_until_it_answers(server)
    client = queue_server.queue_probe.client(server.url)
    client.set("a", 1)

    server.process.kill()
    server.process.wait()
    tend_until_it_answers(server)
    assert client.get("a") == b"1"
    assert not (settings.data_dir / "queue.broken").exists()

    damage(settings)
    server.process.kill()
    server.process.wait()
    tend_until_it_answers(server)
    assert client.get("a") is None
    aside = settings.data_dir / "queue.broken"
    assert (aside / "appendonlydir").exists()
    assert said[-1] == (f"the queue server did not start: starting it empty, its former data lies in {aside}")
    client.close()


def test_the_first_data_set_aside_are_kept_while_it_does_not_answer(server, settings, said, monkeypatch):
    monkeypatch.setattr("microblog.server.service.SHORTEST_PAUSE_S", 0)
    (settings.data_dir / "queue" / "former").touch()
    server.command = ["sh", "-c", f"touch {settings.data_dir}/queue/new; exit 1"]

    tend_until(server, lambda: len(server.died_at) > 6)

    assert (settings.data_dir / "queue.broken" / "former").exists()


def test_a_folder_that_was_deleted_is_made_again(server, settings):
    tend_until_it_answers(server)
    queue_server.set_data_aside(settings)
    (settings.data_dir / "queue").rmdir()
    server.process.kill()
    server.process.wait()

    tend_until_it_answers(server)

    assert (settings.data_dir / "queue").exists()


def test_a_disk_that_refuses_to_set_them_aside_ends_nothing(server, settings, said, monkeypatch):
    def refuse(_settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(queue_service.queue_server, "set_data_aside", refuse)
    server.command = ["sh", "-c", "exit 1"]

    tend_until(server, lambda: len(server.died_at) > 2)

    assert "queue server cannot be started (No space left on device), starting it again in 0.5 s" in said

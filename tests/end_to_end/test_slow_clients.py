"""Clients that send and read as slowly as they can, against the web server as it is shipped."""

import os
import signal
import socket
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from peewee import sqlite3

from microblog.base import clock
from microblog.base.cookie_names import prefix
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.running_site import PATIENCE_S, living_processes, parent_of, wait_until
from tests.rows import put

SLOW = 40
SIZE_BYTES = 30_000_000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
POST = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def address(world):
    url = urlsplit(world.start_web())
    return url.hostname, url.port


@pytest.fixture
def download(app, world, susan, write_posts):
    """The path of a file of susan's."""
    task = Task.create(name="export_posts", description="Exporting posts...", user=susan)
    put(
        task,
        state=SUCCEEDED,
        progress=100,
        started_at=clock.now(),
        finished_at=clock.now(),
        file_expires_at=clock.now() + timedelta(days=1),
    )
    task.file.parent.mkdir(parents=True, exist_ok=True)
    with task.file.open("wb") as file:
        file.truncate(SIZE_BYTES)
    return f"/tasks/{task.id}/download"


@pytest.fixture
def susans_client(susan, sign_in):
    return sign_in(susan)


@pytest.fixture
def cookie(world, susans_client):
    return session_cookie(world, susans_client)


def session_cookie(world, browser):
    return f"{prefix(world.settings)}session={browser.get_cookie('session').value}"


def slow_clients(download, cookie):
    """What each kind of slow client sends at once; whoever is to read, does not."""
    get = f"GET {download} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
    page = "GET /auth/login HTTP/1.1\r\nHost: localhost\r\n\r\n"
    return {
        "in headers": f"{POST}A: ",
        "in a body": f"{POST}Content-Length: 1000\r\n\r\n",
        "in chunks": f"{POST}Transfer-Encoding: chunked\r\n\r\n",
        "reading a file": f"{get}\r\n",
        "reading a part of a file": f"{get}Range: bytes=1-\r\n\r\n",
        "reading many answers": page * 100,
    }


@pytest.mark.asvs("15.2.2")
def test_slow_clients_keep_nobody_waiting(address, download, cookie):
    held = []
    for kind, sent in slow_clients(download, cookie).items():
        clients = [connect(address, sent.encode()) for _ in range(SLOW)]
        held += clients

        for path in ("/livez", "/auth/login", "/livez"):
            for client in clients:
                drip(client)
            assert status(address, path) == 200, kind

    for client in held:
        client.close()


def test_a_thousand_idle_connections_keep_nobody_out(address):
    held = [connect(address) for _ in range(1000)]

    assert status(address, "/livez") == 200
    for client in held:
        client.close()


def test_a_stop_finishes_what_has_begun(world, address, download, susans_client):
    body = f"csrf_token={susans_client.csrf_token}&post=written+meanwhile"
    cookie = session_cookie(world, susans_client)
    request = f"GET {download} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
    reader = connect(address, request.encode())
    head = reader.recv(200)
    writer = HTTPConnection(*address, timeout=PATIENCE_S)
    writer.request("GET", "/livez", headers={"Host": "localhost"})
    writer.getresponse().read()
    with closing(sqlite3.connect(world.settings.data_dir / "microblog.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.request("POST", "/", body, {"Host": "localhost", "Cookie": cookie, **FORM})

        world.web.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(address))
        other.execute("ROLLBACK")
        answer = writer.getresponse()

    assert (answer.status, answer.headers["Connection"]) == (302, "close")
    assert len(read_all(reader, head)) == SIZE_BYTES
    assert world.web.wait(PATIENCE_S) == 0


def test_a_killed_web_process_is_replaced(world, address):
    [old] = children_of(world.web.pid)
    os.kill(old, signal.SIGKILL)

    wait_until(lambda: "a web process died (SIGKILL), starting another" in world.web_log.read_text())
    assert status(address, "/livez") == 200
    assert old not in children_of(world.web.pid)


def children_of(pid):
    return [child for child, _environment, _command in living_processes() if parent_of(child) == pid]


def is_listening(address):
    with socket.socket() as client:
        return client.connect_ex(address) == 0


def connect(address, data=b""):
    client = socket.socket()
    client.settimeout(PATIENCE_S)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(address)
    client.sendall(data)
    return client


def drip(client):
    try:
        client.send(b"1")
    except OSError:
        """It was hung up on."""


def status(address, path):
    with closing(HTTPConnection(*address, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status


def read_all(client, begun):
    """The body of the answer of which *begun* has been received."""
    received = bytearray(begun)
    while part := client.recv(1 << 20):
        received += part
    client.close()
    return received.partition(b"\r\n\r\n")[2]

"""The HTTP server of a web process with real connections, in a thread of the test."""

import dataclasses
import socket
import threading
from contextlib import contextmanager
from http.client import HTTPResponse

import pytest

from microblog.factory import LARGEST_BODY_BYTES
from microblog.models import Token
from microblog.ops import probes
from microblog.server import http_connection, http_request, http_server
from microblog.server.event_loop import NOTHING
from microblog.server.http_connection import Connection
from microblog.server.http_request import Request
from microblog.server.http_server import Server
from microblog.server.processes import wait_until
from tests.apps import SETTINGS
from tests.server.conftest import SOON_S

HOST = b"Host: localhost\r\n"
FORM = HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
TOO_LARGE = LARGEST_BODY_BYTES + 1


@pytest.fixture
def settings(tmp_path):
    return dataclasses.replace(SETTINGS, data_dir=tmp_path, port=0)


@contextmanager
def serving(app, settings):
    server = Server(app, probes.listen(settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
        server.trigger.close()


@pytest.fixture
def server(app, settings):
    with serving(app, settings) as server:
        yield server


@pytest.fixture
def connect(server):
    """A function that opens a connection, and sends *data*."""
    opened = []

    def connect(data=b""):
        client = socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=SOON_S)
        opened.append(client)
        client.sendall(data)
        return client

    yield connect
    for client in opened:
        client.close()


def answer(client, method="GET"):
    """The next answer on the connection, with its body read."""
    response = HTTPResponse(client, method=method)
    response.begin()
    response.text = response.read().decode()
    return response


def is_closed(client):
    """Whether the server has ended the connection, with nothing more to say."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def livez(client):
    client.sendall(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")
    return answer(client)


def test_a_connection_takes_one_request_after_the_other_and_says_nothing_of_the_server(connect):
    client = connect()

    for _ in range(3):
        response = livez(client)
        assert response.status == 200
        assert "Server" not in response.headers
        assert "Connection" not in response.headers


def test_a_head_has_the_headers_alone(connect):
    client = connect(b"HEAD /auth/login HTTP/1.1\r\n" + HOST + b"\r\n")

    response = answer(client, "HEAD")

    assert response.status == 200
    assert int(response.headers["Content-Length"]) > 1000
    assert livez(client).status == 200


@pytest.mark.parametrize("path", [b"/auth/login", b"/nowhere"])
def test_after_a_body_as_large_as_allowed_the_connection_is_kept(connect, path):
    length = b"Content-Length: %d\r\n\r\n" % LARGEST_BODY_BYTES
    client = connect(b"POST " + path + b" HTTP/1.1\r\n" + FORM + length + b"x" * LARGEST_BODY_BYTES)

    response = answer(client)

    assert response.status in (400, 404)
    assert "Connection" not in response.headers
    assert livez(client).status == 200


def test_headers_and_body_may_come_in_one_piece(connect):
    client = connect(b"\r\nPOST /auth/login HTTP/1.1\r\n" + FORM + b"Content-Length: 7\r\n\r\na=b&c=d")

    assert answer(client).status == 400  # For want of the form's token.
    assert livez(client).status == 200


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_may_come_in_chunks_and_later(connect, expect):
    client = connect(b"POST /auth/login HTTP/1.1\r\n" + FORM + expect + b"Transfer-Encoding: chunked\r\n\r\n")
    if expect:
        assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    for part in (b"4\r\na=b", b"&\r\n", b"3\r\nc=d\r\n", b"0\r\n\r\n"):
        client.sendall(part)

    assert answer(client).status == 400  # For want of the form's token.
    assert livez(client).status == 200


def test_a_request_that_expects_to_be_asked_for_nothing_is_answered(connect):
    client = connect(b"GET /livez HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\n\r\n")

    assert answer(client).status == 200


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Content-Length: %d" % TOO_LARGE, b"x" * TOO_LARGE),
        (b"Content-Length: %d\r\nExpect: 100-continue" % TOO_LARGE, b""),
        # More than all buffers on the way hold: it arrives only if the server goes on reading.
        (b"Content-Length: 20000000", b"x" * 20_000_000),
        (b"Transfer-Encoding: chunked", b"%x\r\n" % TOO_LARGE + b"x" * TOO_LARGE),
    ],
    ids=["length", "asks first", "far too large", "chunks"],
)
def test_a_body_that_is_too_large_is_refused_in_the_words_of_the_site_and_its_sender_hears_it(
    connect, header, body
):
    client = connect(b"POST /auth/login HTTP/1.1\r\n" + FORM + header + b"\r\n\r\n" + body)

    response = answer(client)

    assert (response.status, response.headers["Connection"]) == (413, "close")
    assert "<html" in response.text
    assert "Too large" in response.text
    assert is_closed(client)


AMBIGUOUS = {
    "two lengths": b"Content-Length: 4\r\nContent-Length: 5\r\n",
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    "negative length": b"Content-Length: -4\r\n",
    "signed length": b"Content-Length: +4\r\n",
    "hexadecimal length": b"Content-Length: 0x4\r\n",
    "length of thousands of digits": b"Content-Length: " + b"9" * 5000 + b"\r\n",
    "blank before the colon": b"Transfer-Encoding : chunked\r\n",
    "bare line feed": b"A: b\nTransfer-Encoding: chunked\r\n",
    "bare carriage return": b"A: b\rTransfer-Encoding: chunked\r\n",
    "control character": b"Transfer-Encoding: \x0bchunked\r\n",
}


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("header", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_whose_end_is_not_clear_is_refused_and_nothing_after_it_is_read(
    connect, header, logged_errors
):
    smuggled = b"0\r\n\r\nGET /livez HTTP/1.1\r\n" + HOST + b"\r\n"
    client = connect(b"POST /auth/login HTTP/1.1\r\n" + FORM + header + b"\r\n" + smuggled)

    response = answer(client)

    assert response.status in (400, 501)
    assert response.headers["Connection"] == "close"
    assert is_closed(client)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET http://[ HTTP/1.1", 400),
        (b"GET /\xff HTTP/1.1", 400),
        (b"GET", 400),
        (b"get / HTTP/1.1", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip", 501),
        (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked", 400),
        (b"GET / HTTP/3.7\r\nTransfer-Encoding: chunked", 400),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1", 431),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 40_000, 431),
    ],
    ids=lambda value: value[:20].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_what_is_no_request_is_refused_without_a_line_in_the_log(connect, line, status, caplog):
    client = connect(line + b"\r\n" + HOST + b"\r\n")

    assert answer(client).status == status
    assert is_closed(client)
    assert caplog.records == []


def test_a_request_that_is_refused_has_the_path_that_waitress_logs_if_its_client_has_gone(server):
    request = Request(server.adj)

    request.received(b"rubbish\r\n\r\n")

    assert request.error
    assert request.path == ""


def test_a_header_that_pretends_to_be_another_is_dropped(connect):
    client = connect(
        b"GET /auth/login HTTP/1.1\r\n" + HOST + b"SCRIPT_NAME: /elsewhere\r\nContent_Length: 5\r\n\r\n"
    )

    response = answer(client)

    assert response.status == 200
    assert "elsewhere" not in response.text


def test_requests_that_do_not_wait_for_the_answer_before_are_not_piled_up(connect):
    client = connect((b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n") * 100)

    assert answer(client).headers["Connection"] == "close"
    assert is_closed(client)


# What is sent of a request, and the patience that ends.
UNFINISHED = {
    "nothing": (b"", "IDLE_S"),
    "headers": (b"POST /auth/login HTTP/1.1\r\n" + FORM + b"A: ", "READ_S"),
    "body": (b"POST /auth/login HTTP/1.1\r\n" + FORM + b"Content-Length: 60000\r\n\r\n", "READ_S"),
}


@pytest.mark.parametrize(("begin", "patience"), UNFINISHED.values(), ids=UNFINISHED)
def test_who_never_ends_a_request_is_hung_up_on(server, connect, monkeypatch, begin, patience):
    monkeypatch.setattr(http_connection, patience, 0.1)
    server.adj.cleanup_interval, server.next_channel_cleanup = 0.1, 0

    client = connect(begin)

    assert wait_until(lambda: hangs_up_on(client, b"a" if begin else b""), SOON_S)


def hangs_up_on(client, drip):
    try:
        client.sendall(drip)
        client.settimeout(0.05)
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_whoever_comes_when_all_connections_are_taken_is_let_in(app, settings, monkeypatch):
    monkeypatch.setattr(http_server, "MOST_CONNECTIONS", 5)
    with serving(app, settings) as server:
        address = ("127.0.0.1", int(server.effective_port))
        held = [socket.create_connection(address, timeout=SOON_S) for _ in range(100)]
        for client in held:
            client.sendall(b"GET /livez HTTP/1.1\r\nA: ")

        with socket.create_connection(address, timeout=SOON_S) as client:
            assert livez(client).status == 200

        for client in held:
            client.close()


UPLOAD = b"x" * (2 * LARGEST_BODY_BYTES)


def upload(path, *headers):
    length = b"Content-Length: %d\r\n" % len(UPLOAD)
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + length + b"".join(headers) + b"\r\n"


def test_a_large_file_is_received_from_members_only(connect, susan):
    """A stranger is refused before their body has come, whatever they call themselves."""
    _token, secret = Token.issue(susan, "a program")
    member = b"Authorization: Bearer %s\r\n" % secret.encode()
    stranger = b"Authorization: Bearer made-up\r\nCookie: session=made-up; remember_token=1|x\r\n"

    assert answer(connect(upload(b"/api/imports", stranger))).status == 401
    assert answer(connect(upload(b"/imports", stranger))).status == 302
    # Elsewhere nothing large is received from anybody.
    assert answer(connect(upload(b"/api/posts", member))).status == 413
    assert answer(connect(upload(b"/api/imports", member) + UPLOAD)).status == 202


def test_no_more_than_some_files_are_received_at_once(server, connect, susan, monkeypatch):
    monkeypatch.setattr(http_server, "MOST_UPLOADS", 1)
    member = b"Authorization: Bearer %s\r\n" % Token.issue(susan, "a program")[1].encode()
    first = connect(upload(b"/api/imports", member) + UPLOAD[:10])
    assert wait_until(lambda: any(one.request for one in server.active_channels.values()), SOON_S)

    assert answer(connect(upload(b"/api/imports", member))).status == 413

    first.sendall(UPLOAD[10:])
    assert answer(first).status == 202


def test_whoever_sends_a_large_file_has_time_for_it(server, connect, susan, monkeypatch):
    monkeypatch.setattr(http_connection, "READ_S", 0)
    member = b"Authorization: Bearer %s\r\n" % Token.issue(susan, "a program")[1].encode()

    client = connect(upload(b"/api/imports", member) + UPLOAD[:10])
    channels = server.active_channels.values()
    assert wait_until(lambda: any(one.request and one.request.is_upload for one in channels), SOON_S)
    [connection] = server.active_channels.values()

    began_at = connection.request.began_at
    assert not connection.is_overdue(began_at + len(UPLOAD) / http_request.SLOWEST_UPLOAD)
    assert connection.is_overdue(began_at + len(UPLOAD) / http_request.SLOWEST_UPLOAD + 1)
    client.sendall(UPLOAD[10:])
    assert answer(client).status == 202


def test_the_connection_is_kept_after_an_answer_without_a_body(connect):
    client = connect(b"GET /feed.atom HTTP/1.1\r\n" + HOST + b"\r\n")
    tag = answer(client).headers["ETag"].encode()

    for _ in range(2):
        client.sendall(b"GET /feed.atom HTTP/1.1\r\n" + HOST + b"If-None-Match: " + tag + b"\r\n\r\n")
        unchanged = answer(client)
        assert (unchanged.status, unchanged.headers["Connection"]) == (304, None)


def test_a_client_that_wants_the_end_of_the_connection_gets_it_after_any_answer(connect):
    client = connect(b"GET /feed.atom HTTP/1.1\r\n" + HOST + b"\r\n")
    tag = answer(client).headers["ETag"].encode()
    request = (
        b"GET /feed.atom HTTP/1.1\r\n" + HOST + b"Connection: close\r\nIf-None-Match: " + tag + b"\r\n\r\n"
    )

    client.sendall(request)

    assert answer(client).headers["Connection"] == "close"
    assert client.recv(1) == b""


def test_head_and_body_of_an_answer_go_out_at_once(connect, monkeypatch):
    sent, send = [], Connection.send
    monkeypatch.setattr(Connection, "send", lambda *args, **more: sent.append(args) or send(*args, **more))

    for path in b"/livez", b"/auth/login":
        sent.clear()
        client = connect(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        assert answer(client).text
        assert len(sent) == 1


def test_the_loop_is_not_asked_to_send_what_a_thread_sends(connect, monkeypatch):
    asked, send = [], Connection.send

    def watched(connection, *args, **more):
        asked.append(bool(connection.writable()))
        return send(connection, *args, **more)

    monkeypatch.setattr(Connection, "send", watched)

    livez(connect())

    assert asked == [False]


def test_the_loop_waits_for_nothing_while_a_thread_answers(app, server, connect, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        yield "one, "
        begun.set()
        go_on.wait(SOON_S)
        yield "two"

    monkeypatch.setitem(app.view_functions, "health.live", slowly)
    client = connect(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")
    assert begun.wait(SOON_S)
    client.sendall(b"GET /")  # The loop looks at the connection, which has something unsent.

    [connection] = server.active_channels.values()
    assert wait_until(lambda: server._map._watched[connection._fileno] == NOTHING, SOON_S)
    assert connection.total_outbufs_len
    go_on.set()
    assert answer(client).text == "one, two"


def test_a_connection_on_which_something_has_arrived_is_not_idle(server, connect):
    client = connect()
    livez(client)
    [connection] = server.active_channels.values()
    assert wait_until(lambda: connection.idle, SOON_S)

    server._map._watch(connection, connection._fileno, NOTHING)  # The loop has not come to it yet.
    client.sendall(b"G")

    assert wait_until(lambda: not connection.idle, SOON_S)
    server._map.look_at(connection)

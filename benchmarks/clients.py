"""Clients of a site: one over a connection that is kept, one inside this process; both keep cookies."""

import json
import socket
import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlencode

NOT_MODIFIED = 304  # Its length is that of what it stands for.
FORM = "application/x-www-form-urlencoded"


@dataclass
class Request:
    """What to ask for, and what has to come back; *by* a browser, a program or a stranger."""

    path: str
    form: dict | None = None
    headers: dict = field(default_factory=dict)
    status: int = 200
    by: str = "browser"


class Answer(NamedTuple):
    """*took_s* is wall time over a connection, CPU time inside this process."""

    status: int
    headers: dict
    body: bytes
    took_s: float

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """A browser, a program and a stranger at once: each request says which. A stranger has no *person*."""

    def __init__(self, person=None):
        self.person = person
        self.cookies = dict([person.session_cookie]) if person else {}

    def ask(self, request):
        """
        The Answer to *request*.

        Raises:
            ValueError: it is not what was to come.
        """
        headers = dict(request.headers)
        if request.by == "program":
            headers["Authorization"] = f"Bearer {self.person.api_token}"
        elif request.by == "browser" and self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._exchange(request.path, self._body(request), headers)
        if answer.status != request.status:
            raise ValueError(f"{request.path} answered {answer.status}: {answer.body[:300]!r}")
        if request.by == "browser" and "set-cookie" in answer.headers:
            name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def _body(self, request):
        if request.form is None:
            return None
        return urlencode({"csrf_token": self.person.csrf_token, **request.form}).encode()


class Wire(Client):
    """One connection to *port* of this machine, kept for as long as the server does."""

    def __init__(self, port, person=None):
        super().__init__(person)
        self.port = port
        self._connect()

    def _connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", buffering=256 * 1024)

    def _exchange(self, path, body, headers):
        method = "GET" if body is None else "POST"
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *map(": ".join, headers.items())]
        if body is not None:
            lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
        message = "\r\n".join([*lines, "", ""]).encode() + (body or b"")
        began = time.perf_counter()
        self.socket.sendall(message)
        status = int(self.file.readline().split()[1])
        received = {}
        while (line := self.file.readline().rstrip()) != b"":
            name, _, value = line.decode("latin-1").partition(": ")
            received[name.lower()] = value
        length = 0 if status == NOT_MODIFIED else int(received.get("content-length", 0))
        content = self.file.read(length)
        took_s = time.perf_counter() - began
        if received.get("connection") == "close":
            self.close()
            self._connect()
        return Answer(status, received, content, took_s)

    def close(self):
        self.file.close()
        self.socket.close()


class InProcess(Client):
    """Calls *app*, a WSGI app, as a server would."""

    def __init__(self, app, person=None):
        super().__init__(person)
        self.app = app

    def _exchange(self, path, body, headers):
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET" if body is None else "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body or b""),
            "CONTENT_TYPE": FORM if body else "",
            "CONTENT_LENGTH": str(len(body)) if body else "",
        }
        environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
        started = []
        began = time.thread_time()
        chunks = self.app(environ, lambda *args: started.append(args))
        content = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        took_s = time.thread_time() - began
        status, received = started[0][:2]
        return Answer(int(status[:3]), {n.lower(): v for n, v in received}, content, took_s)

    def close(self):
        """There is no connection."""

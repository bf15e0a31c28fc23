import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


@contextmanager
def database(answer):
    """A server that answers with *answer(queries)*; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(asked["queries"])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@contextmanager
def saying(answer):
    """A server that sends *answer*, bytes, to every client and closes the connection; yields its URL."""

    def answer_one():
        caller, _address = server.accept()
        with caller, caller.makefile("rb") as asked:
            headers = dict(line.split(b": ", 1) for line in iter(asked.readline, b"\r\n") if b": " in line)
            asked.read(int(headers[b"Content-Length"]))
            caller.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_one)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def test_packages_of_which_nothing_is_known_pass(run):
    with database(lambda queries: {"results": [{} for _ in queries]}) as url:
        result = run("audit", "--database", url)

    assert result.exit_code == 0
    assert result.output.startswith("passed: no known vulnerability in any of ")


def test_a_finding_is_named_and_fails(run):
    def answer(queries):
        faults = {"Flask": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]}
        return {"results": [{"vulns": faults.get(query["package"]["name"], [])} for query in queries]}

    with database(answer) as url:
        result = run("audit", "--database", url)

    assert result.exit_code == 1
    assert result.output.startswith("Flask 3.")
    assert result.stdout.endswith(": PYSEC-1, GHSA-2\n")
    assert result.stderr == "these have known vulnerabilities: upgrade the site\n"


@pytest.mark.parametrize("answer", [{}, {"results": []}, {"results": None}, [], "no", None, 1])
def test_an_answer_that_cannot_be_understood_is_no_pass(run, answer):
    with database(lambda _queries: answer) as url:
        result = run("audit", "--database", url)

    assert result.exit_code == 3
    assert "skipped: " in result.output


@pytest.mark.parametrize("faults", [None, 1, "PYSEC-1", [{}], [None], [{"id": 1}]])
def test_faults_that_cannot_be_understood_are_no_finding(run, faults):
    with database(lambda queries: {"results": [{"vulns": faults} for _ in queries]}) as url:
        result = run("audit", "--database", url)

    assert result.exit_code == 3
    assert "skipped: " in result.output


@pytest.mark.parametrize(
    "answer",
    [
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nrubbish\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe\xfd",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000,
        b"",
    ],
)
def test_an_answer_that_is_cut_short_or_no_answer_at_all_is_no_finding(run, answer):
    with saying(answer) as url:
        result = run("audit", "--database", url)

    assert result.exit_code == 3
    assert result.output.startswith("skipped: ")


def test_an_audit_that_cannot_ask_says_skipped(run):
    result = run("audit", "--database", "http://127.0.0.1:9/")

    assert result.exit_code == 3
    assert "skipped: " in result.output
    assert "passed" not in result.output

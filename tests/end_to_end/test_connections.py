"""What the real web server does with a connection after its answer."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from microblog.factory import LARGEST_BODY_BYTES
from tests.end_to_end.running_site import PATIENCE_S

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def connection(world):
    connection = HTTPConnection(urlsplit(world.start_web()).netloc, timeout=PATIENCE_S)
    yield connection
    connection.close()


def answer(connection, path, length):
    connection.request("POST", path, b"x" * length, FORM)
    response = connection.getresponse()
    response.read()
    return response


def is_kept(connection):
    """Whether the server answers another request on the very same connection."""
    connection.auto_open = False
    connection.request("GET", "/livez")
    with connection.getresponse() as response:
        return response.status == 200


@pytest.mark.parametrize("length", [LARGEST_BODY_BYTES + 1, 140_000, 200_000])
def test_a_body_that_is_too_large_is_refused_and_the_connection_closed_as_announced(connection, length):
    response = answer(connection, "/auth/login", length)

    assert (response.status, response.headers["Connection"]) == (413, "close")


@pytest.mark.parametrize("path", ["/auth/login", "/nowhere"])
def test_after_any_other_body_the_connection_is_kept(connection, path):
    response = answer(connection, path, LARGEST_BODY_BYTES - 1)

    assert response.status in (400, 404)
    assert response.headers["Connection"] == "keep-alive"
    assert is_kept(connection)

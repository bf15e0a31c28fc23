"""Programs, each with a token; every response is checked against the OpenAPI document."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema_rs
import pytest

from microblog.api.document import document
from microblog.models import Token


def pytest_ignore_collect(collection_path, config):
    """Leave the fuzz test alone when it will not run: its library takes a second to load."""
    if collection_path.name == "test_fuzz.py" and not config.getoption("--slow"):
        return True
    return None


class Program:
    """A client that sends a token, and checks each response against the document."""

    def __init__(self, client, contract, token):
        self.client = client
        self.contract = contract
        self.token = token

    def ask(self, method, path, **options):
        if self.token:
            options["headers"] = {"Authorization": f"Bearer {self.token}", **options.get("headers", {})}
        response = self.client.open(path, method=method, **options)
        with response:  # Otherwise a response that sends a file would keep it open.
            check_by_document(self.contract, method, path.partition("?")[0], response)
        return response

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def post(self, path, **options):
        return self.ask("POST", path, **options)

    def put(self, path, **options):
        return self.ask("PUT", path, **options)

    def delete(self, path, **options):
        return self.ask("DELETE", path, **options)


@pytest.fixture
def contract(app):
    """The OpenAPI document."""
    with app.test_request_context():
        return document()


@pytest.fixture
def program_of(app, contract):
    """A function that returns a program with a token of *user*, or without one if that is None."""
    return lambda user: Program(app.test_client(), contract, user and Token.issue(user, "a test")[1])


@pytest.fixture
def program(program_of, susan):
    """Susan's program."""
    return program_of(susan)


def check_by_document(contract, method, path, response):
    operation = operation_at(contract, method, path)
    if operation is None:
        known = bool(paths_fitting(contract, path))
        assert response.status_code == (405 if known else 404), f"{method} {path} is not in the document"
        assert response.mimetype == "application/problem+json"
        return
    described = operation["responses"].get(str(response.status_code))
    assert described, f"{method} {path} responseed {response.status_code}: {response.text}"
    check_headers(contract, operation, described.get("headers", {}), response)
    if "content" not in described:
        assert response.data == b""
        return
    [(media_type, content)] = described["content"].items()
    assert response.mimetype == media_type
    if not media_type.endswith("json"):
        return
    schema = {**content["schema"], "components": contract["components"]}
    jsonschema_rs.validator_for(schema).validate(response.get_json(force=True))


def check_headers(contract, operation, announced, response):
    """Every announced header is sent unless it is optional, and no others of its kind."""
    missing = [name for name, header in announced.items() if header.get("required")]
    assert [name for name in missing if name not in response.headers] == []
    if response.status_code != 304:
        told = {"Location", "Link", "ETag"} & set(response.headers.keys())
        assert told <= set(announced), f"{operation['operationId']} does not announce {told}"
    if response.location:
        assert operation_at(contract, "GET", response.location), response.location
    parameters = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
    for link in response.headers.getlist("Link"):
        address = urlsplit(re.fullmatch(r'<(.+)>; rel="(?:next|prev)"', link)[1])
        assert unquote(address.path) == response.request.path
        assert set(parse_qs(address.query)) <= parameters


def operation_at(contract, method, path):
    """The operation of the most specific matching path, as the router chooses; None if there is none."""
    fitting = [known for known in paths_fitting(contract, path) if method.lower() in contract["paths"][known]]
    if not fitting:
        return None
    return contract["paths"][min(fitting, key=lambda known: known.count("{"))][method.lower()]


def paths_fitting(contract, path):
    return [known for known in contract["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path)]

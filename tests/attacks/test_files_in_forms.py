"""A file, JSON or anything else where a form's texts are expected: refused or ignored, and never a fault."""

import functools
import io

import pytest

from microblog.api.operation import BASIC, OPERATIONS
from microblog.web.forms import Form
from tests.attacks.test_routes import ACTS, FIELDS, GRAVE, address, check_all
from tests.conftest import PASSWORD

# Those that views read without a form.
WITHOUT_FORM = {"next", "theme", "keys", "language", "username"}

# Who fills in the forms of a part of the site; susan does all others.
VISITORS = {"auth": "nobody", "admin": "mary"}


def forms(kind=Form):
    """Every form of the site, also one that is added later."""
    for form in kind.__subclasses__():
        yield form
        yield from forms(form)


@functools.cache
def field_names():
    """Whatever a form of the site may have a field for."""
    found = (name for form in forms() for name in dir(form) if hasattr(getattr(form, name), "field_class"))
    return sorted({*found, *WITHOUT_FORM})


def upload():
    return io.BytesIO(b"contents"), "passwd"


WAYS = {
    "files": lambda token, _texts: {
        "data": {"csrf_token": token, **{name: upload() for name in field_names()}}
    },
    "files beside texts": lambda token, texts: {
        "data": {"csrf_token": token, **{name: [upload(), texts.get(name, "x")] for name in field_names()}}
    },
    "a file for one text": lambda token, texts: {
        "data": {"csrf_token": token, **texts, **({min(texts): upload()} if texts else {})}
    },
    "JSON": lambda token, texts: {"json": {"csrf_token": token, **texts}, "headers": {"X-CSRFToken": token}},
    "a list in JSON": lambda token, _texts: {"json": [1], "headers": {"X-CSRFToken": token}},
    "plain text": lambda token, _texts: {
        "data": b"hello", "content_type": "text/plain", "headers": {"X-CSRFToken": token}
    },
    "a form of parts without parts": lambda token, _texts: {
        "data": b"", "content_type": "multipart/form-data", "headers": {"X-CSRFToken": token}
    },
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_no_form_takes_anything_but_texts(site, way):
    """Two of them are open to anybody, and an error would be mailed to the administrator each time."""

    def check(act, visitor):
        method, route = act
        browser = site.visitors[visitor]
        texts = (FIELDS | GRAVE).get(f"{method} {route}", {})

        response = browser.open(
            address(site, route), method=method, **WAYS[way](browser.csrf_token, texts), buffered=True
        )

        assert response.status_code < 500

    # The forms of signing in are for nobody, the others for whom they belong to.
    cases = [
        (act, visitor)
        for act in ACTS
        for visitor in ("nobody", "mary" if act[1].startswith("/admin") else "susan")
    ]
    check_all(site, cases, check)


def test_a_file_is_taken_for_no_text(site):
    """A form that needs a text is shown again, as if the field were empty."""

    def check(act):
        method, route = act
        texts = (FIELDS | GRAVE)[f"{method} {route}"]
        visitor = VISITORS.get(route.split("/")[1], "susan")
        browser = site.visitors[visitor]
        files = {name: upload() for name in texts}

        response = browser.open(
            address(site, route), method=method, data={"csrf_token": browser.csrf_token, **files}
        )

        assert response.status_code in (400, 422)

    # The name of a token may be left out.
    needing = [act for act in ACTS if " ".join(act) in FIELDS | GRAVE and act[1] != "/account/tokens"]
    assert len(needing) > 10
    check_all(site, [(act,) for act in needing], check)


def test_a_file_in_the_place_of_the_token_is_none(site):
    browser = site.browsers["susan"]
    token = (io.BytesIO(browser.csrf_token.encode()), "token")

    assert browser.post("/", data={"post": "hello", "csrf_token": token}).status_code == 400


def test_no_program_sends_a_form_where_json_is_expected(site):
    def check(name, operation):
        texts = dict.fromkeys(operation.body["properties"], "hello")
        auth = ("susan", PASSWORD) if operation.access == BASIC else None
        who = "mary" if operation.path.startswith("/api/admin/") else "susan"
        headers = {} if auth else {"Authorization": f"Bearer {site.secrets[who]}"}

        for fields in (texts, {field: upload() for field in texts}):
            response = site.app.test_client().open(
                operation.path.format(user="susan", task_id="x", post_id="1", import_id="1"),
                method=operation.method,
                data=fields,
                headers=headers,
                auth=auth,
            )
            assert response.status_code == 415, name
            assert response.mimetype == "application/problem+json"

    with_body = [(name, operation) for name, operation in OPERATIONS.items() if operation.body]
    assert len(with_body) >= 4
    check_all(site, with_body, check)

"""Whatever is sent to whatever URL: never a server error, and none in the log."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.test_routes import ROWS, VISITORS, address

EXAMPLES = 200
SLOW_EXAMPLES = 20_000

# fmt: off
WORDS = [
    "", "0", "-1", "1e9", "9" * 400, "\x00", "../../etc/passwd", "%00", "%s%s%n", "{{7*7}}", "' OR 1=1 --",
    '"', "susan", "NaN", "null", "[]", "\u202e", "🙈" * 50, "x" * 5000, "*", "NEAR(a b)", "a AND OR",
    "2026-13-45",
]
# fmt: on
FIELDS = """
    about_me after before body code csrf_token current_password email invite language limit max_id message
    name newest next oldest otp password password2 post q recipient remember_device remember_me
    secret since since_id theme username
"""
HEADERS = """
    Accept Accept-Encoding Accept-Language Authorization Content-Length Content-Type Cookie Host If-Match
    If-Modified-Since If-None-Match If-Range Origin Range Referer Sec-Fetch-Site User-Agent X-CSRFToken
    X-Forwarded-For X-Forwarded-Proto X-HTTP-Method-Override X-Requested-With
"""
# fmt: off
HEADER_VALUES = [
    "application/json", "multipart/form-data; boundary=x", "bytes=0-,5-2", "Basic %%%", "Bearer ",
    "Basic Ojo=", "localhost", "evil.com", "localhost:99999", "*;q=x", "xx-YY;q=2, *", 'W/"', "Thu, 99 Foo",
    "same-origin", "tz=/etc/passwd", "session=x; remember=|; visit=9.9.9; known=x", "Digest username=x", "0",
]
# fmt: on

# A client cannot send a lone surrogate, except in JSON, where it is escaped.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(WORDS)
scalar = text | st.just("\ud800") | st.integers() | st.floats() | st.none() | st.booleans()
document = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4)
)
fields = st.dictionaries(st.sampled_from(FIELDS.split()) | text, text, max_size=5)
latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=60)
headers = st.dictionaries(
    st.sampled_from(HEADERS.split()), latin | st.sampled_from(HEADER_VALUES), max_size=3
)
files = st.dictionaries(st.sampled_from(FIELDS.split()), st.binary(max_size=20), max_size=5)
bodies = st.one_of(
    st.fixed_dictionaries({"data": fields}),
    files.map(lambda files: {"data": {name: (io.BytesIO(data), "x") for name, data in files.items()}}),
    st.fixed_dictionaries({"json": document}),
    st.fixed_dictionaries({"data": st.binary(max_size=200)}),
    st.just({}),
)
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
requests = st.fixed_dictionaries(
    {
        "visitor": st.sampled_from(VISITORS),
        "row": st.sampled_from(ROWS),
        # Mostly a method that is allowed, otherwise any.
        "method": st.none() | st.none() | methods,
        "tail": st.just("") | st.just("") | text,
        "query": fields,
        "body": bodies,
        "headers": headers,
        "token": st.booleans(),
    }
)


@pytest.mark.asvs("1.2.4", "1.2.5", "5.3.2")
def test_nothing_that_is_sent_is_an_error_of_ours(site):
    fuzz(site, EXAMPLES)


@pytest.mark.slow
def test_nor_is_any_of_twenty_thousand(site):
    fuzz(site, SLOW_EXAMPLES)


def fuzz(site, examples):
    clean, sent = True, 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        # The same ones each time: what the standard run finds should belong to the change under test.
        derandomize=examples == EXAMPLES,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def send(request):
        nonlocal clean, sent
        response = ask(site if clean else site.restore(), **request)
        clean = response.request.method in ("GET", "HEAD", "OPTIONS") or response.status_code >= 400
        sent += 1
        assert response.status_code < 500, response.text

    send()
    assert sent >= examples


def ask(site, visitor, row, method, tail, query, body, headers, token):
    method, path = method or row[0], address(site, row[1])
    browser = site.visitors[visitor]
    if token and isinstance(body.get("data"), dict):
        body = {"data": {**body["data"], "csrf_token": browser.csrf_token}}
    if path.startswith("/api") and token and visitor in site.secrets:
        headers = {**headers, "Authorization": f"Bearer {site.secrets[visitor]}"}
    return browser.open(
        path + tail.replace("?", ""),
        method=method,
        query_string=query,
        headers=headers,
        buffered=True,
        **body,
    )

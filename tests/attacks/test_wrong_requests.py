"""Every URL requested in a way that it does not accept, and with names and ids that nobody has."""

import re
from uuid import uuid4

import pytest

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOWHERE = {
    "username": "nobody_here",
    "recipient": "nobody_here",
    "user": "nobody_here",
    "task_id": str(uuid4()),
    "mail_id": str(uuid4()),
    "token": "made-up",
    "kind": "rss",
    "filename": "nothing.css",
}

# What the app or a library of it reads, each in its own way.
HEADERS = (
    *(
        "Accept",
        "Accept-Language",
        "Authorization",
        "Cookie",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
    ),
    *("If-Range", "If-Unmodified-Since", "Range", "Referer", "User-Agent", "X-CSRFToken"),
)
BROKEN = (
    "",
    "\xff",
    "Basic \xff",
    "Basic YQ==\xff",
    "Bearer \xff",
    "bytes=\xff",
    "http://[",
    "x;q=\xff",
    "session=\xff",
)


def filled(rule, values, other):
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda name: values.get(name[1], other), rule.rule)


def ask(site, method, path, **options):
    """Send a request as the administrator, who may see every page."""
    browser = site.browsers["mary"]
    headers = {"X-CSRFToken": browser.csrf_token}
    if path.startswith("/api"):
        browser, headers = site.app.test_client(), {"Authorization": f"Bearer {site.secrets['mary']}"}
    return browser.open(path, method=method, headers=headers, **options)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_an_address_does_not_take_is_refused_with_those_that_it_does(site, method):
    adapter = site.app.url_map.bind("localhost")
    asked = 0
    for rule in site.app.url_map.iter_rules():
        path = filled(rule, {**NOWHERE, "kind": "atom"}, "1")
        allowed = set(adapter.allowed_methods(path))
        if method not in allowed:
            response = ask(site, method, path)

            assert response.status_code == 405, f"{method} {path}"
            assert set(response.headers["Allow"].split(", ")) == allowed, path
            asked += 1
    assert asked > 20


def test_a_name_or_an_id_that_nobody_has_is_missing(site):
    asked = 0
    for rule in filter(lambda rule: rule.arguments, site.app.url_map.iter_rules()):
        for method in rule.methods & set(METHODS):
            path = filled(rule, NOWHERE, "999999999")
            # A mailed link redirects at once, and is found dead there.
            response = ask(site, method, path, json={}, follow_redirects=True)

            assert response.status_code == (410 if "token" in rule.arguments else 404), f"{method} {path}"
            asked += 1
    assert asked > 40


@pytest.mark.parametrize("broken", BROKEN)
def test_headers_that_cannot_be_read_break_nothing(site, broken):
    stranger, asked = site.app.test_client(), 0
    for rule in site.app.url_map.iter_rules():
        path = filled(rule, {**NOWHERE, "kind": "atom"}, "1")
        for method in rule.methods & set(METHODS):
            response = stranger.open(path, method=method, headers=dict.fromkeys(HEADERS, broken))

            assert response.status_code < 500, f"{method} {path}"
            asked += 1
    assert asked > 100

import dataclasses
import io
import json
import logging
import os
import re
import subprocess
import sys

import pytest

from microblog.base import logs
from microblog.base.config import ROOT

PLANTED = {
    name: f"planted-{name}-secret-of-many-letters" for name in ("key", "mail", "redis", "tried", "wanted")
}


@pytest.fixture
def settings(settings):
    return dataclasses.replace(
        settings,
        secret_key=PLANTED["key"],
        mail_username="microblog",
        mail_password=PLANTED["mail"],
        redis_url=f"redis://:{PLANTED['redis']}@127.0.0.1:9",
    )


@pytest.fixture
def log(app):
    return logging.getLogger("microblog.test")


@pytest.fixture
def printed(app):
    """What the app prints from here on."""
    return catch_output()


@pytest.fixture
def lines(printed):
    """A function that gives the lines printed so far."""
    return lambda: printed.getvalue().splitlines()


def catch_output():
    [handler] = [handler for handler in logging.getLogger().handlers if handler.name == logs.__name__]
    stream = io.StringIO()
    handler.setStream(stream)
    return stream


class TestDebugging:
    @pytest.fixture
    def settings(self, settings):
        return dataclasses.replace(settings, log_level="DEBUG")

    def test_it_tells_what_we_say_and_nothing_that_goes_into_the_database(self, log, susan, lines):
        log.debug("looked closely")
        susan.rehash("a planted hash")

        [line] = lines()
        assert "looked closely" in line


@pytest.mark.parametrize(
    "text",
    ["a\nb", "a\r\nb", "a\x1b[2Jb", "a\x00b", "a\x85b", "a\x9bb", "a\u2028b", "a\u202eb", "a\u2066b"],
)
def test_what_people_send_stays_in_its_line(log, lines, text):
    log.info("they wrote %s", text)

    [line] = lines()
    assert line.isprintable()
    assert "they wrote a" in line


def test_text_that_cannot_be_written_is_written_as_its_code(log, lines):
    log.info("they wrote %s and 博客", "\ud800")

    [line] = lines()
    assert line.endswith("they wrote \\ud800 and 博客")


def test_a_traceback_cannot_pass_for_an_entry(log, lines, logged_errors):
    try:
        raise ValueError("bad\n2026-11-22 14:31:00,000 INFO microblog [x] all is well\x1b[2J")
    except ValueError:
        log.exception("it broke")
    logged_errors.clear()

    first, *rest = lines()
    assert first.endswith("it broke")
    assert rest
    assert all(line.startswith("  ") for line in rest)
    assert all(line.isprintable() for line in rest)


def test_every_line_of_a_request_has_its_id(app, client, lines, monkeypatch):
    def speak():
        logging.getLogger("microblog.test").info("one")
        logging.getLogger("microblog.test").info("two")
        return ""

    monkeypatch.setitem(app.view_functions, "posts.explore", speak)
    client.get("/explore")
    client.get("/explore")

    ids = [re.search(r"\[(\w{8}) GET /explore\]", line)[1] for line in lines()]
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_outside_a_request_the_thread_is_named(log, lines):
    log.info("it ran")

    assert "[MainThread] it ran" in lines()[0]


def test_json_has_an_object_a_line(app, settings, log, logged_errors):
    logs.begin(dataclasses.replace(settings, log_format="json"))
    printed = catch_output()
    try:
        raise ValueError("bad\nworse \ud800")
    except ValueError:
        log.exception("it broke: %s", "a\u2028b")
    logged_errors.clear()

    entry = json.loads(printed.getvalue())
    assert printed.getvalue().count("\n") == 1
    assert (entry["level"], entry["logger"], entry["message"]) == (
        "ERROR",
        "microblog.test",
        "it broke: a\u2028b",
    )
    assert entry["reference"] == "MainThread"
    assert "bad\nworse" in entry["traceback"]


ADDRESSES = [
    "/auth/reset_password/{}",
    "/account/email/{}",
    "/auth/register?invite={}",
    "/setup?x=1&code={}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_tokens_in_addresses_are_not_told(log, lines, address):
    log.info('"GET %s HTTP/1.1" 302', address.format("planted-Secret_1"))

    [line] = lines()
    assert "planted-Secret_1" not in line
    assert '… HTTP/1.1" 302' in line


@pytest.mark.parametrize("address", ADDRESSES)
def test_nor_when_a_page_with_one_breaks(app, client, lines, address, logged_errors, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    for endpoint in app.view_functions:
        monkeypatch.setitem(app.view_functions, endpoint, broken)

    assert client.get(address.format("planted-Secret_1")).status_code == 500

    assert logged_errors
    logged_errors.clear()
    assert "planted-Secret_1" not in "\n".join(lines())


def broken(**_arguments):
    raise RuntimeError("on purpose")


@pytest.mark.asvs("14.2.1")
def test_planted_secrets_are_found_in_no_line(app, client, susan, settings, printed, logged_errors):
    """Keys, and passwords of servers and people, through pages that work and pages that break."""
    client.post_form("/auth/login", username="susan", password=PLANTED["tried"])
    client.post_form("/auth/reset_password_request", email="susan@example.org")
    client.post_form(
        "/auth/register", username="mary", password=PLANTED["wanted"], password2=PLANTED["wanted"]
    )
    logging.getLogger("microblog.test").info("settings: %s, app: %s", settings, app)
    logged_errors.clear()

    assert "settings: " in printed.getvalue()
    for secret in PLANTED.values():
        assert secret not in printed.getvalue()


def test_what_the_web_server_says_is_a_line_as_all_others(printed):
    logging.getLogger("waitress").error("Exception while serving %s", "/auth/reset_password/planted-secret")

    [line] = printed.getvalue().splitlines()
    assert re.search(r" ERROR waitress \[.+\] Exception while serving /auth/reset_password/…$", line)


def test_the_web_server_itself_logs_as_it_is_told_to(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    environment = {**os.environ, "LOG_FORMAT": "json", "DATA_DIR": str(in_the_way)}
    command = [sys.executable, "-m", "microblog", "web"]

    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)

    assert ended.returncode == 1
    assert ended.stderr == ""
    entries = [json.loads(line) for line in ended.stdout.splitlines()]
    assert "NotADirectoryError" in "".join(entry.get("traceback", "") for entry in entries)
    assert {entry["logger"] for entry in entries} == {"microblog.server.web_server"}

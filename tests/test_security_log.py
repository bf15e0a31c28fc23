import os
from datetime import UTC, datetime

import pytest

from microblog import clock, security_log
from microblog.database import data_dir
from tests.conftest import PASSWORD, make_user


def texts():
    return [text for _moment, text in security_log.latest(100)][::-1]


def test_what_happens_at_the_doors_is_told_in_a_line_each(client, susan):
    client.post_form("/auth/login", username="susan", password="wrong horse")
    client.post_form("/auth/login", username="nobody", password="wrong horse")
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    client.post_form("/export_posts")
    [task] = susan.task_set
    client.get(f"/tasks/{task.id}/download", buffered=True)
    client.post_form("/account/sessions/end_others")
    new = {"password": "battery staple", "password2": "battery staple"}
    client.post_form("/account/password", current_password=PASSWORD, **new)
    client.post_form("/account/delete", current_password="battery staple")

    assert texts() == [
        "sign-in-failed user=susan address=127.0.0.1",
        "sign-in-failed address=127.0.0.1",
        "sign-in user=susan address=127.0.0.1",
        f"export-asked user=susan task={task.id} address=127.0.0.1",
        f"export-downloaded user=susan task={task.id} address=127.0.0.1",
        "other-sessions-ended user=susan address=127.0.0.1",
        "password-changed user=susan address=127.0.0.1",
        "sign-in user=susan address=127.0.0.1",
        "account-deleted user=susan address=127.0.0.1",
        "sign-out user=susan address=127.0.0.1",
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("two words", '"two words"'),
        (
            "x\r\n2026-11-22T00:00:00Z sign-in user=mary",
            '"x\\\\r\\\\n2026-11-22T00:00:00Z sign-in user=mary"',
        ),
        ('a" b=c', '"a\\" b=c"'),
        ("\u2028\u202e", "\\u2028\\u202e"),
    ],
)
def test_no_value_looks_like_another_line_or_fact(app, value, told):
    security_log.note("event", fact=value)

    assert texts() == [f"event fact={told}"]


def test_the_administrator_reads_the_latest(app, sign_in, susan, browser):
    mary = make_user("mary", is_admin=True)
    browser.post_form("/auth/logout")

    answer = sign_in(mary).get("/admin/security")

    assert "sign-out user=susan address=127.0.0.1" in answer.text
    assert ">Today<" in answer.text


def test_the_file_is_for_its_owner_only_and_begun_anew_when_it_is_large(app, monkeypatch):
    security_log.note("event")
    path = data_dir() / "log" / "security.log"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700

    security_log.put_aside_when_large()
    assert path.exists()
    monkeypatch.setattr(security_log, "LARGEST_BYTES", 3)
    security_log.put_aside_when_large()

    assert [file.name for file in path.parent.iterdir()] == ["security.1.log"]
    assert security_log.latest(9) == []


def test_a_log_that_cannot_be_written_keeps_nobody_out(client, susan):
    (data_dir() / "log").write_text("in the way")

    assert client.post_form("/auth/login", username="susan", password=PASSWORD).status_code == 302


def test_a_torn_file_can_be_read(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 14, 31, tzinfo=UTC))
    security_log.note("event")
    with (data_dir() / "log" / "security.log").open("ab") as file:
        file.write(b"\xff\x00 torn" + os.linesep.encode())

    assert security_log.latest(9) == [(datetime(2026, 11, 22, 14, 31, tzinfo=UTC), "event")]

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from itertools import product

import pytest

from microblog.accounts import suspend
from microblog.base import clock
from microblog.base.database import data_dir
from microblog.exports import export_posts
from microblog.models import OneTimeToken, Post, Session, Token
from microblog.models.one_time_token import CHANGE_EMAIL, INVITE, RESET_PASSWORD
from microblog.security import log_shares, security_log
from microblog.security.log_shares import MOST
from microblog.tasks.task import Task
from tests import second_factors
from tests.conftest import PASSWORD, make_user

NEW = {"password": "battery staple", "password2": "battery staple"}
BOTH = ("export-asked", "sign-in")
LEFT_OUT = [f"left-out event={event} user=susan number=7" for event in BOTH]
# A process of its own, which writes two hundred lines when it is told to, with a tenth of the usual size.
MANY_LINES = """
import sys
from microblog.base import database
from microblog.security import log_shares, security_log
database.init(sys.argv[1])
log_shares.MOST, security_log.LARGEST_BYTES = 999, 8_000
print("ready", flush=True)
input()
for number in range(200):
    security_log.record("event", by=sys.argv[2], fact=number)
"""
OWN = {"current_password": PASSWORD}


def texts(most=100):
    return [text for _moment, text in security_log.latest(most)][::-1]


def forget():
    """Begin the log anew, after the acts by which a test prepares what it is about."""
    (data_dir() / "log" / "security.log").unlink(missing_ok=True)


def test_what_happens_at_the_doors_is_told_in_a_line_each(client, susan):
    client.post_form("/auth/login", username="susan", password="wrong horse")
    client.post_form("/auth/login", username="nobody", password="wrong horse")
    client.post_form("/auth/login", username="susan", password=PASSWORD)
    client.post_form("/export_posts")
    [task] = susan.tasks
    client.get(f"/tasks/{task.id}/download", buffered=True)
    client.post_form("/account/sessions/end_others")
    new = {"password": "battery staple", "password2": "battery staple"}
    client.post_form("/account/password", current_password=PASSWORD, **new)
    client.post_form("/account/delete", current_password="battery staple")

    assert texts() == [
        "sign-in-failed user=susan address=127.0.0.1",
        "sign-in-failed address=127.0.0.1",
        "sign-in user=susan door=sign_in.login address=127.0.0.1",
        f"export-asked user=susan task={task.id} address=127.0.0.1",
        f"export-downloaded user=susan task={task.id} address=127.0.0.1",
        "other-sessions-ended user=susan address=127.0.0.1",
        "password-changed user=susan address=127.0.0.1",
        "sign-in user=susan door=password_change.update address=127.0.0.1",
        "account-deleted user=susan address=127.0.0.1",
        "sign-out user=susan address=127.0.0.1",
    ]


@pytest.fixture
def mary(app):
    """The administrator."""
    return make_user("mary", is_admin=True)


@pytest.fixture
def marys(mary, sign_in):
    return sign_in(mary)


@pytest.fixture
def task(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


@pytest.fixture
def failed(task):
    task.fail("The server is out of space.")
    return task


def register(client, susan):
    client.post_form("/auth/register", username="john", email="john@example.org", **NEW)


def set_up(client, susan):
    (data_dir() / "setup_code").write_text("code")
    client.post_form("/setup?code=code", username="john", email="john@example.org", **NEW)


def ask_for_a_link(client, susan):
    client.post_form("/auth/reset_password_request", email=susan.email)


def reset_the_password(client, susan):
    client.post_form(f"/auth/reset_password/{OneTimeToken.issue(RESET_PASSWORD, susan)}", **NEW)


def knock_while_suspended(client, susan):
    suspend(susan, by="mary")
    client.post_form("/auth/login", username="susan", password=PASSWORD)


def knock_by_program_while_suspended(client, susan):
    suspend(susan, by="mary")
    make_a_token(client, susan)


def make_a_token(client, susan):
    client.post("/api/tokens", json={"name": "mine"}, auth=("susan", PASSWORD))


def fail_to_make_a_token(client, susan):
    client.post("/api/tokens", json={"name": "mine"}, auth=("susan", "wrong horse"))


def guess_the_code(client, susan):
    client.get("/setup?code=guessed")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (register, "registered user=john"),
        (set_up, "set-up user=john"),
        (ask_for_a_link, "reset-asked"),
        (reset_the_password, "password-reset user=susan"),
        (knock_while_suspended, "sign-in-refused user=susan reason=suspended"),
        (knock_by_program_while_suspended, "sign-in-refused user=susan reason=suspended door=api"),
        (make_a_token, "token-made user=susan token=1"),
        (make_a_token, "sign-in user=susan door=api"),
        (fail_to_make_a_token, "sign-in-failed user=susan door=api"),
        (register, "sign-in user=john door=sign_in.register"),
        (set_up, "sign-in user=john door=sign_in.setup"),
        (guess_the_code, "access-refused door=sign_in.setup"),
    ],
)
@pytest.mark.asvs("16.3.1")
def test_what_a_stranger_does_is_told(client, susan, act, told):
    act(client, susan)

    assert f"{told} address=127.0.0.1" in texts()


@pytest.mark.asvs("16.3.2")
def test_who_is_refused_is_told(browser, client, susan, john):
    post = Post.create(author=john, body="john's")
    _token, secret = Token.issue(susan, "a program", read_only=True)
    bearer = {"Authorization": f"Bearer {secret}"}
    forget()

    browser.post_form(f"/post/{post.id}/delete")
    browser.post_form("/preferences", headers={"Sec-Fetch-Site": "cross-site"})
    browser.get("/admin/users")
    browser.get("/admin/there-is-no-such-page")
    browser.get("/there-is-no-such-page")
    client.post("/api/posts", json={"body": "mine"}, headers=bearer)

    assert [text.removesuffix(" address=127.0.0.1") for text in texts()] == [
        "access-refused user=susan door=deleted_posts.create",
        "access-refused user=susan door=preferences.update",
        "access-refused user=susan door=admin_users.index",
        "access-refused user=susan door=api.posts_create",
    ]


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("/account/email", {"email": "new@example.org", **OWN}, "email-change-asked"),
        ("/account/email", {"email": "new@example.org", "current_password": "x"}, "password-check-failed"),
        ("/account/password", {"current_password": "wrong horse", **NEW}, "password-check-failed"),
        ("/account/delete", {"current_password": "wrong horse"}, "password-check-failed"),
        ("/account/sessions/{session}/end", {}, "session-ended"),
        ("/edit_profile", {"username": "suzy", "about_me": ""}, "renamed to=suzy"),
        ("/account/tokens", {"name": "mine"}, "token-made token=2"),
        ("/account/tokens/1/delete", {}, "token-ended token=1"),
        ("/tasks/{task}/retry", {}, "task-retried task={again} kind=export_posts"),
        ("/tasks/{task}/delete", {}, "export-deleted task={task}"),
        ("/post/{post}/delete", {}, "post-deleted post={post}"),
    ],
)
def test_what_somebody_does_with_what_is_theirs_is_told(browser, susan, failed, path, fields, told):
    post = Post.create(author=susan, body="first")
    Token.issue(susan, "a program")
    session, _token = Session.start(susan, False, "another browser")
    forget()

    browser.post_form(path.format(task=failed.id, session=session.id, post=post.id), **fields)

    [text] = texts()
    event, _space, facts = told.format(task=failed.id, again=newest(susan).id, post=post.id).partition(" ")
    assert text.split() == [event, "user=susan", *facts.split(), "address=127.0.0.1"]


def test_a_new_address_is_told_once_it_is_confirmed(browser, susan):
    browser.get(f"/account/email/{OneTimeToken.issue(CHANGE_EMAIL, susan, 'new@example.org')}")
    assert texts() == []

    browser.post_form("/account/confirm_email")

    assert texts() == ["email-changed user=susan address=127.0.0.1"]


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("DELETE", "/api/tokens", "token-ended token=1"),
        ("DELETE", "/api/tokens/1", "token-ended token=1"),
        ("DELETE", "/api/posts/{post}", "post-deleted post={post}"),
        ("DELETE", "/api/exports/{task}/file", "export-deleted task={task}"),
        ("POST", "/api/exports", "export-asked task={again}"),
        ("POST", "/api/tasks/{task}/retry", "task-retried task={again} kind=export_posts"),
    ],
)
def test_what_a_program_does_is_told(client, susan, failed, method, path, told):
    post = Post.create(author=susan, body="first")
    _token, secret = Token.issue(susan, "a program")
    headers = {"Authorization": f"Bearer {secret}"}
    forget()

    client.open(path.format(task=failed.id, post=post.id), method=method, headers=headers)

    [text] = texts()
    event, _space, facts = told.format(task=failed.id, again=newest(susan).id, post=post.id).partition(" ")
    assert text.split() == [event, "user=susan", *facts.split(), "address=127.0.0.1"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/admin/invites", "invited user=mary"),
        ("/admin/invites/1/delete", "invitation-withdrawn user=mary"),
        ("/admin/users/susan/suspend", "suspended user=susan by=mary"),
        ("/admin/users/susan/restore", "restored user=susan by=mary"),
        ("/admin/tasks/{task}/retry", "task-retried user=susan task={again} kind=export_posts by=mary"),
        ("/post/{post}/delete", "post-deleted user=susan post={post} by=mary"),
    ],
)
def test_what_the_administrator_does_is_told_with_whom_it_was_done_to(marys, mary, susan, failed, path, told):
    post = Post.create(author=susan, body="first")
    OneTimeToken.issue(INVITE, mary)

    marys.post_form(path.format(task=failed.id, post=post.id))

    assert texts() == [f"{told.format(again=newest(susan).id, post=post.id)} address=127.0.0.1"]


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_what_the_administrator_does_to_many_at_once_is_told(marys, failed, act):
    told = {"retry": "failures-tried-again", "discard": "failures-discarded"}[act]

    marys.post_form(f"/admin/tasks/failures/{act}", kind=failed.name, reason=failed.error)

    assert f"{told} kind=export_posts count=1 by=mary address=127.0.0.1" in texts()


def test_what_is_done_to_a_second_factor_is_told(browser, susan):
    page = "/account/second_factor"
    [code, *_] = second_factors.give(susan)

    browser.post_form(f"{page}/codes", code=second_factors.wrong(), **OWN)
    browser.post_form(f"{page}/codes", code=code, **OWN)
    browser.post_form(f"{page}/delete", code=second_factors.shown(), **OWN)
    shown = browser.get(page).text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", shown)[1].replace(" ", "")
    signed = re.search(r'name="secret" value="([^"]+)"', shown)[1]
    browser.post_form(page, secret=signed, code=second_factors.shown(secret=secret), **OWN)

    assert texts() == [
        "second-factor-failed user=susan address=127.0.0.1",
        "recovery-code-used user=susan left=9 address=127.0.0.1",
        "recovery-codes-made user=susan address=127.0.0.1",
        "second-factor-off user=susan address=127.0.0.1",
        "second-factor-on user=susan address=127.0.0.1",
    ]


def test_a_wrong_code_of_a_program_is_told_with_its_door(client, susan):
    second_factors.give(susan)

    client.post("/api/tokens", json={"otp": second_factors.wrong()}, auth=("susan", PASSWORD))

    assert texts() == ["second-factor-failed user=susan door=api address=127.0.0.1"]


@pytest.mark.asvs("6.4.4")
def test_a_second_factor_that_the_operator_resets_is_told(app, susan):
    second_factors.give(susan)

    app.test_cli_runner().invoke(args=["reset-second-factor", "susan"])

    assert texts() == ["second-factor-reset user=susan by=operator"]


def test_a_task_that_its_user_cancels_is_told(browser, task):
    browser.post_form(f"/tasks/{task.id}/cancel")

    assert texts() == [f"task-cancelled user=susan task={task.id} kind=export_posts address=127.0.0.1"]


def test_an_invitation_that_another_administrator_withdraws_is_told_with_both(marys):
    OneTimeToken.issue(INVITE, make_user("anne", is_admin=True))

    marys.post_form("/admin/invites/1/delete")

    assert texts() == ["invitation-withdrawn user=anne by=mary address=127.0.0.1"]


def test_a_task_that_the_administrator_cancels_is_told_once(marys, task):
    for _ in range(2):
        marys.post_form(f"/admin/tasks/{task.id}/cancel")

    assert texts() == [
        f"task-cancelled user=susan task={task.id} kind=export_posts by=mary address=127.0.0.1"
    ]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("create-user john j@example.org --password-stdin", "registered user=john role=member by=operator"),
        (
            "create-user john j@example.org --password-stdin --admin",
            "registered user=john role=administrator by=operator",
        ),
        ("reset-password susan --password-stdin", "password-changed user=susan by=operator"),
        ("make-admin susan", "made-administrator user=susan by=operator"),
        ("invite", "invited by=operator"),
        ("demo --users 1 --posts 0", "demo-people-added by=operator"),
    ],
)
def test_what_the_operator_does_about_accounts_is_told(app, susan, command, told):
    result = app.test_cli_runner().invoke(args=command.split(), input="battery staple\n")

    assert result.exit_code == 0, result.output
    assert texts() == [told]


def test_demo_people_are_told_when_they_come_and_each_when_they_go(marys, mary):
    marys.post_form("/admin/demo")

    marys.post_form("/admin/demo/delete")

    first, *accounts, last = texts()
    assert first == "demo-people-added user=mary address=127.0.0.1"
    assert len(accounts) == 12
    assert all(re.fullmatch(r"account-deleted user=\w+ by=mary address=127.0.0.1", text) for text in accounts)
    assert last == "demo-people-removed user=mary address=127.0.0.1"


def test_what_the_operator_does_to_tasks_is_told(app, susan, failed):
    run = app.test_cli_runner().invoke
    run(args=["tasks", "retry", failed.id])
    again = newest(susan)
    waiting = Task.create(name="export_posts", description="Exporting posts...", user=susan)
    run(args=["tasks", "cancel", waiting.id])
    nobodys = Task.create(name="example", description="Counting seconds...")
    run(args=["tasks", "cancel", nobodys.id])

    assert texts() == [
        f"task-retried user=susan task={again.id} kind=export_posts by=operator",
        f"task-cancelled user=susan task={waiting.id} kind=export_posts by=operator",
        f"task-cancelled task={nobodys.id} kind={nobodys.name} by=operator",
    ]


@pytest.fixture(params=["page", "program"])
def download(request, browser, client, susan):
    """A function that asks for the file of a task, by page or by program."""
    headers = {"Authorization": f"Bearer {Token.issue(susan, 'a program')[1]}"}
    forget()

    def download(task, **more):
        if request.param == "page":
            return browser.open(f"/tasks/{task.id}/download", buffered=True, **{"method": "GET", **more})
        more["headers"] = {**headers, **more.get("headers", {})}
        return client.open(f"/api/exports/{task.id}/file", buffered=True, **{"method": "GET", **more})

    return download


@pytest.fixture
def ready(susan):
    return Task.get_by_id(Task.launch(export_posts, susan, "Exporting posts...", by="a test").id)


@pytest.mark.parametrize(("headers", "status"), [({}, 200), ({"Range": "bytes=2-6"}, 206)])
def test_what_is_downloaded_is_told(download, ready, headers, status):
    response = download(ready, headers=headers)

    assert response.status_code == status
    assert texts() == [f"export-downloaded user=susan task={ready.id} address=127.0.0.1"]


def test_what_is_not_sent_is_not_told_as_downloaded(download, ready):
    etag = download(ready, method="HEAD").headers["ETag"]

    assert download(ready, headers={"Range": "bytes=99999-"}).status_code == 416
    assert download(ready, headers={"If-None-Match": etag}).status_code == 304
    assert texts() == []


def test_a_file_that_goes_at_that_very_moment_is_not_there(download, ready, monkeypatch):
    """Its row still offers it, and a check beforehand would find it."""
    ready.file.unlink()
    monkeypatch.setattr(type(ready.file), "exists", lambda _path: True)

    assert download(ready).status_code == 404
    assert texts() == []


def newest(user):
    return Task.for_user(user).first()


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
    security_log.record("event", fact=value)

    assert texts() == [f"event fact={told}"]


def test_the_file_is_for_its_owner_only(app):
    security_log.record("event")

    path = data_dir() / "log" / "security.log"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.asvs("16.4.2")
def test_two_processes_write_into_two_files_of_limited_size(app):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", MANY_LINES, data_dir(), name], **pipes) for name in "ab"]
    for process in both:
        assert process.stdout.readline() == "ready\n"

    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate()

    old, new = (data_dir() / "log" / name for name in ("security.1.log", "security.log"))
    assert 7_000 < old.stat().st_size <= 8_000
    assert 0 < new.stat().st_size <= 8_000
    told = [re.fullmatch("event fact=([0-9]+) by=([ab])", text).groups() for text in texts(999)]
    for name in "ab":
        numbers = [int(number) for number, writer in told if writer == name]
        assert numbers == list(range(numbers[0], 200)), "no line is torn, lost, or out of order"


def texts_about(*events):
    return [text for text in texts(9999) if text.split()[0] in events]


@pytest.mark.asvs("16.4.2")
def test_a_person_gets_a_share_of_the_lines_and_the_rest_is_counted(app, susan, john, later):
    security_log.record("sign-in-failed", john)
    for _ in range(MOST + 7):
        security_log.record("export-asked", susan)
        security_log.record("sign-in", susan)
    security_log.record("suspended", susan, by="mary")

    assert texts_about("export-asked") == ["export-asked user=susan"] * MOST
    assert texts_about("leaving-out") == [f"leaving-out event={event} user=susan" for event in BOTH]
    assert texts_about("left-out") == LEFT_OUT
    assert texts_about("sign-in-failed", "suspended") == [
        "sign-in-failed user=john",
        "suspended user=susan by=mary",
    ]

    later(days=1)
    security_log.record("export-asked", susan)

    assert texts(3) == [*LEFT_OUT, "export-asked user=susan"]
    assert log_shares.left_out() == []


def test_all_who_are_not_signed_in_share_their_lines(app, monkeypatch):
    monkeypatch.setattr(log_shares, "MOST_OF_NOBODY", 3)
    for number in range(9):
        with app.test_request_context(environ_base={"REMOTE_ADDR": f"203.0.113.{number}"}):
            security_log.record("sign-in-failed")

    assert len(texts_about("sign-in-failed")) == 3
    assert texts_about("left-out") == ["left-out event=sign-in-failed number=6"]


def test_nobody_pushes_out_within_two_weeks_what_others_did(app, susan, john, later, monkeypatch):
    """A third of that time, with a tenth of the lines: all that one member can write of twenty events."""
    monkeypatch.setattr(log_shares, "MOST", MOST // 10)
    monkeypatch.setattr(security_log, "LARGEST_BYTES", security_log.LARGEST_BYTES // 30)
    security_log.record("event", by="somebody", fact="x" * (security_log.LARGEST_BYTES - 200))
    # The last line of its file: it has the shortest time.
    security_log.record("suspended", john)

    for day in range(5):
        later(days=day)
        for event, _ in product(range(20), range(MOST // 10 * 3)):
            security_log.record(f"event-number-{event}", susan, task="0" * 36)

    assert (data_dir() / "log" / "security.1.log").exists()
    assert texts_about("suspended") == ["suspended user=john"]


@pytest.mark.asvs("16.4.3")
def test_a_log_that_cannot_be_written_keeps_nobody_out_and_the_sites_own_log_has_the_line(
    client, susan, caplog
):
    (data_dir() / "log").write_text("in the way")

    assert client.post_form("/auth/login", username="susan", password=PASSWORD).status_code == 302
    assert "sign-in user=susan door=sign_in.login" in caplog.text


def test_a_torn_file_can_be_read(app, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 22, 14, 31, tzinfo=UTC))
    security_log.record("event")
    with (data_dir() / "log" / "security.log").open("ab") as file:
        file.write(b"\xff\x00 torn" + os.linesep.encode())

    assert security_log.latest(9) == [(datetime(2026, 11, 22, 14, 31, tzinfo=UTC), "event")]

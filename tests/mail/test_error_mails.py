import dataclasses
import email
import email.policy
import json
import logging
import threading

import pytest
from peewee import sqlite3

from microblog.base.database import connected, db
from microblog.mail import error_mails
from microblog.mail.mail import Mail
from microblog.models import Post, User
from microblog.tasks.states import FAILED, SUCCEEDED


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, admins=("root@example.org", "other@example.org"))


@pytest.fixture
def log(app, logged_errors):
    yield logging.getLogger("microblog.test")
    recorded()
    logged_errors.clear()


def recorded():
    """The mails about errors, once no thread is recording one any more."""
    for thread in threading.enumerate():
        if thread.name == "error mail":
            thread.join()
    return list(Mail.select().where(Mail.kind == "error").order_by(Mail.recipient))


def outbox(settings):
    return [path.read_text() for path in (settings.data_dir / "outbox").glob("*.eml")]


def test_an_error_is_mailed_to_each_administrator(log, settings):
    log.error("the %s broke", "thing")

    mails = recorded()
    assert [mail.recipient for mail in mails] == ["other@example.org", "root@example.org"]
    assert {mail.state for mail in mails} == {SUCCEEDED}
    texts = outbox(settings)
    assert len(texts) == 2
    for text in texts:
        assert "Subject: [Microblog] Error: the thing broke" in text
        assert "Auto-Submitted: auto-generated" in text
        assert any(f"<error-{mail.id}@127.0.0.1>" in text for mail in mails)


def test_a_page_that_breaks_is_mailed_with_its_traceback_and_request(app, client, log, settings, monkeypatch):
    def broken():
        raise RuntimeError("on purpose")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "posts.explore", broken)
    assert client.get("/explore").status_code == 500

    report = recorded()[0].arguments["report"]
    assert "RuntimeError: on purpose" in report
    assert "GET /explore" in report


def test_warnings_are_not_mailed(log):
    log.warning("it is warm")

    assert recorded() == []


def test_one_kind_of_error_is_mailed_once_in_ten_minutes(log, later):
    def break_twice():
        for number in range(2):
            log.error("number %d", number)

    break_twice()
    assert len(recorded()) == 2, "one to each administrator"
    later(minutes=9)
    break_twice()
    assert len(recorded()) == 2
    later(minutes=11)
    break_twice()
    assert len(recorded()) == 4


def test_errors_of_long_ago_are_not_remembered(app, log, later):
    handler = error_mails.ErrorMailer(app)

    for minutes in range(0, 100, 10):
        later(minutes=minutes)
        handler.handle(log.makeRecord(log.name, logging.ERROR, __file__, minutes, "it broke", (), None))

    assert len(handler.last_at) == 1


def test_errors_from_different_places_are_different(log):
    for cause in (ZeroDivisionError, KeyError):
        try:
            raise cause("on purpose")
        except Exception:
            log.exception("it broke")

    assert len(recorded()) == 4


def test_errors_that_a_library_raises_for_different_lines_of_ours_are_different(log):
    for ask in (lambda: User.get_by_id(999), lambda: Post.get_by_id(999), lambda: json.loads("x")):
        for _ in range(2):
            try:
                ask()
            except Exception:
                log.exception("it broke")

    assert len(recorded()) == 6, "three, to each administrator"


def test_other_processes_are_heard_of_through_the_table(app, log):
    others = [error_mails.ErrorMailer(app) for _ in range(5)]
    record = log.makeRecord(log.name, logging.ERROR, __file__, 1, "it broke", (), None)

    for handler in others:
        handler.handle(record)

    assert len(recorded()) == 2


def test_a_request_that_is_rolled_back_leaves_its_error_and_nothing_else(log, susan):
    def write_and_break():
        Post.create(author=susan, body="never said")
        log.error("it broke")
        raise RuntimeError

    with pytest.raises(RuntimeError), db.atomic():
        write_and_break()

    assert Post.select().count() == 0
    assert len(recorded()) == 2


def test_an_error_while_recording_makes_no_other(app, log, monkeypatch, logged_errors):
    monkeypatch.setattr(Mail, "send_once", lambda *_, **__: 1 / 0)

    log.error("it broke")

    assert recorded() == []
    assert sum("writing a mail about an error failed" in error for error in logged_errors) == 1


def test_after_a_mail_that_could_not_be_recorded_the_next_error_is_mailed(log, monkeypatch):
    def break_once():
        log.error("it broke")

    with monkeypatch.context() as outage:
        outage.setattr(Mail, "send_once", lambda *_, **__: 1 / 0)
        break_once()
        assert recorded() == []

    break_once()

    assert len(recorded()) == 2


def test_an_error_while_sending_makes_no_other(app, log, monkeypatch, logged_errors):
    monkeypatch.setattr("microblog.mail.templates.compose", lambda *_, **__: 1 / 0)

    log.error("it broke")

    assert {mail.state for mail in recorded()} == {FAILED}
    assert len(recorded()) == 2
    assert any("send_mail" in error for error in logged_errors), "it is in the log"


def test_a_database_that_is_locked_holds_nobody_up(app, log, settings, monkeypatch):
    """The thread waits for the other writer; the code that logged the error does not."""
    other = sqlite3.connect(settings.data_dir / "microblog.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    log.error("it broke")
    waiting = [thread for thread in threading.enumerate() if thread.name == "error mail"]
    other.execute("ROLLBACK")
    other.close()

    assert len(waiting) == 1
    assert len(recorded()) == 2


def test_hostile_text_stays_in_the_body(log, settings):
    log.error("%s", "x\r\nBcc: evil@example.org\r\n\r\n<script>\u202e\x00" + "y" * 50_000)

    recorded()
    for content in outbox(settings):
        text = email.message_from_string(content, policy=email.policy.default)
        assert text["Bcc"] is None
        assert "<script>" not in text.get_body(("html",)).get_content()
        assert len(content) < 100_000


def test_tokens_are_not_mailed(log):
    log.error("GET /auth/reset_password/planted-secret broke")

    assert "planted-secret" not in str(recorded()[0].arguments)


def test_without_administrators_nothing_is_mailed(app, settings, logged_errors, monkeypatch):
    monkeypatch.setitem(app.config, "ADMINS", ())
    error_mails.init_app(app)

    logging.getLogger("microblog.test").error("it broke")

    logged_errors.clear()
    assert recorded() == []


def test_a_job_that_breaks_is_mailed(app, log, susan, monkeypatch):
    monkeypatch.setattr("microblog.exports.archive.write", lambda *_, **__: 1 / 0)
    from microblog.exports import export_posts
    from microblog.tasks.task import Task

    Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    assert "ZeroDivisionError" in recorded()[0].arguments["report"]


def test_what_breaks_in_the_web_server_is_mailed(app, log):
    logging.getLogger("waitress").error("Exception while serving %s", "/explore")

    assert recorded()[0].arguments["what"] == "Exception while serving /explore"


def test_the_thread_uses_a_connection_of_its_own(app, log):
    with connected():
        mine = db.connection()
        seen = []
        original = Mail.send_once.__func__

        def look(cls, *arguments, **named):
            seen.append(db.connection())
            return original(cls, *arguments, **named)

        Mail.send_once = classmethod(look)
        try:
            log.error("it broke")
            recorded()
        finally:
            Mail.send_once = classmethod(original)

    assert seen[0] is not mine

import ast
import re

from microblog.base import clock
from microblog.security import log_shares, security_log
from microblog.views.admin.events import EVENTS
from microblog.web.event_sentences import BY, SENTENCES, sentence
from tests import source


def test_the_administrator_reads_the_latest(office, browser):
    browser.post_form("/auth/logout")

    page, raw = office.get("/admin/security").text, office.get("/admin/security?raw=y").text

    assert '<p>susan signed out <span class="hint">127.0.0.1</span></p>' in page
    assert "sign-out user=susan address=127.0.0.1" in raw
    assert ">Today<" in page


def test_older_events_are_on_further_pages(office, john, monkeypatch):
    monkeypatch.setattr(log_shares, "MOST", EVENTS)
    security_log.record("suspended", john, by="mary")
    for _ in range(EVENTS):
        security_log.record("export-asked", john)
    first = office.get("/admin/security")

    second = office.get(f"/admin/security?before={EVENTS}")

    assert "suspended john" not in first.text
    assert f'href="?before={EVENTS}"' in first.text
    assert "mary suspended john" in second.text
    assert 'href="?after=0"' in second.text
    assert "suspended" not in office.get("/admin/security?after=0").text


def test_what_was_left_out_today_is_told_first(office, john, monkeypatch):
    monkeypatch.setattr(log_shares, "MOST", 1)
    for _ in range(3):
        security_log.record("export-asked", john)

    assert "2 lines are left out: export-asked by john" in office.get("/admin/security").text


def test_a_strange_page_is_no_error(office):
    for page in ("before=x", "before=-1", "after=99999999999999999999", "before=99"):
        assert office.get(f"/admin/security?{page}").status_code == 200


def events_in_the_code():
    """The names of all events that are recorded anywhere."""
    for _path, tree in source.trees("security_log"):
        for called, call in source.calls(tree):
            if called.endswith("security_log.record"):
                yield from (part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant))


def test_each_event_has_a_sentence():
    assert {*events_in_the_code(), "left-out", "leaving-out"} == SENTENCES.keys()
    assert BY.keys() <= SENTENCES.keys()


def test_a_sentence_names_who_did_what_to_whom(app):
    texts = {
        "task-retried user=john task=1 kind=export_posts": "john tried an export again",
        "task-retried user=john task=1 kind=export_posts by=mary": "mary tried an export of john again",
        "task-cancelled task=1 kind=nightly by=operator": "Whoever runs the server cancelled a task",
        "work-held by=mary": "mary held new work",
        "reset-asked address=127.0.0.1": "Somebody asked for a link to a new password",
        'renamed user=john to="a \\"b\\" by=mary"': 'john is called a "b" by=mary now',
        "limit-hit limit=": "Somebody met a limit: ",
        "limit-hit": "Somebody met a limit: –",
        "unheard-of user=john": "unheard-of user=john",
    }
    with app.test_request_context():
        assert {text: sentence(security_log.Event(clock.now(), text)) for text in texts} == texts


def test_no_sentence_shows_a_place_that_is_not_filled(app):
    facts = "user=john by=mary kind=export_posts"
    with app.test_request_context():
        for name in SENTENCES:
            for line in (name, f"{name} {facts}"):
                assert not re.search(r"%\(|=", sentence(security_log.Event(clock.now(), line)))

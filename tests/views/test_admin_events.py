from microblog.security import log_shares, security_log
from microblog.views.admin.events import EVENTS


def test_the_administrator_reads_the_latest(office, browser):
    browser.post_form("/auth/logout")

    response = office.get("/admin/security")

    assert "sign-out user=susan address=127.0.0.1" in response.text
    assert ">Today<" in response.text


def test_older_events_are_on_further_pages(office, john, monkeypatch):
    monkeypatch.setattr(log_shares, "MOST", EVENTS)
    security_log.record("suspended", john, by="mary")
    for _ in range(EVENTS):
        security_log.record("export-asked", john)
    first = office.get("/admin/security")

    second = office.get(f"/admin/security?before={EVENTS}")

    assert "suspended user=john" not in first.text
    assert f'href="?before={EVENTS}"' in first.text
    assert "suspended user=john by=mary" in second.text
    assert 'href="?after=0"' in second.text
    assert "suspended" not in office.get("/admin/security?after=0").text


def test_what_was_left_out_today_is_told_first(office, john, monkeypatch):
    monkeypatch.setattr(log_shares, "MOST", 1)
    for _ in range(3):
        security_log.record("export-asked", john)

    assert "left-out event=export-asked user=john number=2" in office.get("/admin/security").text


def test_a_strange_page_is_no_error(office):
    for page in ("before=x", "before=-1", "after=99999999999999999999", "before=99"):
        assert office.get(f"/admin/security?{page}").status_code == 200

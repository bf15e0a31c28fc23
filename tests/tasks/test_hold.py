import pytest

from microblog.mail.mail import Mail
from microblog.tasks import hold
from microblog.tasks.exceptions import MustWait
from microblog.tasks.task import Task


@pytest.fixture
def held(nobody_works):
    hold.begin(by="mary")


@pytest.fixture
def task(susan):
    return Task.create(name="export_posts", description="Exporting posts...", user=susan)


def test_what_runs_goes_on_and_nothing_new_starts_until_it_goes_on(nobody_works, task):
    other = Task.create(name="example", description="x")
    running = Task.claim(other.id)
    hold.begin(by="mary")

    with pytest.raises(MustWait):
        Task.claim(task.id)
    running.finish("succeeded")
    hold.end(by="mary")

    assert Task.claim(task.id).state == "running"


def test_mails_with_links_go_on_and_others_wait(held, susan):
    urgent, other = (Mail.send("test", susan.email, priority=priority) for priority in (10, 0))

    assert Mail.claim(urgent.id).state == "running"
    with pytest.raises(MustWait):
        Mail.claim(other.id)


def test_pages_probe_and_doctor_say_so(held, task, browser, client, app):
    assert "New work is held for maintenance." in browser.get("/tasks").text
    assert client.get("/readyz").json["held"] is True

    hold.end(by="mary")

    assert "held" not in client.get("/readyz").json


def test_holding_twice_keeps_since_when_and_tells_once(held, settings):
    since = hold.since()

    hold.begin(by="mary")

    assert hold.since() == since
    assert (settings.data_dir / "log" / "security.log").read_text().count("work-held by=mary") == 1

import re

from microblog.base import clock
from microblog.models import User
from microblog.ops import nightly
from microblog.tasks import hold
from microblog.tasks.task import Task


def test_each_chore_tells_its_last_run_and_what_failed(office, monkeypatch, logged_errors):
    def back_up():
        raise OSError("no disk")

    monkeypatch.setattr(
        nightly, "CHORES", [back_up if each is nightly.back_up else each for each in nightly.CHORES]
    )
    assert office.get("/admin/tasks/nightly").text.count("not lately") == len(nightly.CHORES)

    office.post_form("/admin/tasks/nightly")
    page = office.get("/admin/tasks/nightly").text

    assert "not lately" not in page
    assert "<strong>Failed</strong> · <code>OSError: no disk</code>" in page
    done, nothing = (len(re.findall(rf" · {text}\s*</p>", page)) for text in ("Done", "nothing was done"))
    assert (done, nothing) == (len(nightly.CHORES) - 2, 1)
    [error] = logged_errors
    assert "back_up failed" in error
    logged_errors.clear()


def test_the_backup_of_last_night_is_named_and_so_is_that_it_can_be_restored(office):
    User.update(created_at=clock.now() - 2 * nightly.EVERY).execute()

    nightly.launch_now(by="mary")
    page = office.get("/admin/tasks/nightly").text

    assert len(re.findall(r" · Done · <code>nightly-[\d-]+\.tar\.gz</code>", page)) == 2


def test_every_chore_has_a_name_for_people(office):
    nightly.launch_now(by="mary")

    page = office.get("/admin/tasks/nightly").text

    assert [chore.__name__ for chore in nightly.CHORES if f">{chore.__name__}<" in page] == []


def test_it_runs_once_at_a_time(office, nobody_works, settings):
    for _ in range(2):
        page = office.post_form("/admin/tasks/nightly", follow_redirects=True).text

    assert "It is under way already." in page
    assert Task.select().count() == 1
    assert "nightly-launched" in (settings.data_dir / "log" / "security.log").read_text()


def test_new_work_is_held_and_goes_on_by_a_button(office, app):
    assert "Hold new work" in office.get("/admin/tasks").text

    office.post_form("/admin/tasks/hold")
    assert hold.since() is not None
    assert "held since" in office.get("/admin/tasks").text
    office.post_form("/admin/tasks/hold/delete")

    assert hold.since() is None

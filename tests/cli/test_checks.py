import dataclasses
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult, LoginPassword

from microblog import demo
from microblog.base import clock
from microblog.base.config import ROOT, Settings
from microblog.base.database import data_dir, db
from microblog.models import Post
from microblog.ops import backup, doctor, mail_advice, rehearsal
from microblog.ops.doctor import FAULT, WARNING, WELL
from microblog.ops.probes import leave_address, reachable_address
from microblog.ops.restore import CannotRestore
from tests.end_to_end.postbox import Postbox
from tests.end_to_end.running_site import PATIENCE_S, free_port
from tests.posts import write_at


@pytest.fixture
def grades(examine):
    """A function that examines the site and returns the grade of each part."""
    return lambda **changed: {part: finding.grade for part, finding in examine(**changed).items()}


@pytest.fixture
def mail_server(app):
    """A mail server that accepts only one login; the site is configured to use it."""
    right = LoginPassword(b"microblog", b"right")

    def check(_server, _session, _envelope, _mechanism, given):
        return AuthResult(success=given == right, handled=False)

    options = {"authenticator": check, "auth_require_tls": False, "ready_timeout": PATIENCE_S}
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port(), **options)
    server.start()
    app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", server.port
    yield app.extensions["mail"]
    server.stop(no_assert=True)


def test_demo_people_are_a_warning_once_others_can_reach_the_site(examine):
    demo.fill(users=3, posts=0, follows=0, seed=1)

    private, public = (
        examine(**changed)["demo people"] for changed in ({}, {"base_url": "https://blog.example.org"})
    )

    assert (private.grade, private.what) == (WELL, "3, for this machine only")
    assert (public.grade, public.what[:22]) == (WARNING, "3, who cannot sign in:")


def test_posts_that_a_wrong_clock_has_dated_in_the_future_are_named(examine, susan):
    for days in range(2, 9):
        write_at(clock.now() + timedelta(days=days), susan, "x")
    write_at(clock.now() + timedelta(minutes=59), susan, "not worth a word")

    finding = examine()["posts"]

    assert finding.grade == WARNING
    assert [f"/post/{post.id} " in finding.what for post in Post.ahead()] == [True] * 5 + [False] * 2


def test_each_part_of_a_sound_site_is_well(grades, susan):
    data_dir().chmod(0o700)

    found = grades()

    sound = {
        "SQLite",
        "data folder",
        "disk",
        "database",
        "worker",
        "mail",
        "address",
        "demo people",
        "posts",
        "registration",
    }
    assert {part for part, grade in found.items() if grade == WELL} == sound
    # A test has no queue server, no web server and no backup.
    assert (found["queue"], found["web server"], found["backups"]) == (FAULT, FAULT, WARNING)


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((4, 0, 0), False),
    ],
)
def test_the_fault_of_the_write_ahead_log_is_known_by_version(grades, monkeypatch, version, faulty):
    monkeypatch.setattr(doctor.sqlite3, "sqlite_version_info", version)

    assert grades()["SQLite"] == (WARNING if faulty else WELL)


def test_a_missing_database_is_a_fault(grades):
    db.close_all()
    (data_dir() / "microblog.db").unlink()

    assert grades()["database"] == FAULT
    assert not (data_dir() / "microblog.db").exists()


def test_an_old_backup_is_a_fault_and_a_fresh_one_is_well(run, grades):
    run("backup")
    assert grades()["backups"] == WELL

    [path] = (data_dir() / "backups").iterdir()
    old = clock.now().timestamp() - 3 * 24 * 3600
    os.utime(path, (old, old))
    assert grades()["backups"] == FAULT


def test_no_backup_is_a_fault_two_days_after_the_site_began(examine, susan, later):
    assert examine()["backups"].grade == WARNING

    later(days=3)
    found = examine()["backups"]

    assert (found.grade, found.what) == (FAULT, "there is none, and the site is 3 days old")
    assert found.remedy.endswith("then see in the log why no night wrote one")


def test_what_the_nightly_rehearsal_found_is_told(examine, app, susan):
    path = backup.write()
    assert "the next night tries" in examine()["backups"].what
    with app.app_context():
        rehearsal.rehearse_newest()
    assert examine()["backups"].what.endswith("and can be restored")

    path.write_bytes(b"damaged")
    (data_dir() / "run" / "rehearsal").unlink()
    with app.app_context(), pytest.raises(CannotRestore):
        rehearsal.rehearse_newest()

    found = examine()["backups"]
    assert found.grade == FAULT
    assert "cannot be restored" in found.what
    assert "is no backup, or damaged" in found.what


def test_no_worker_is_a_fault(grades, worker_gone):
    assert grades()["worker"] == FAULT


def test_a_mail_server_that_lets_us_in_is_well(grades, app):
    with Postbox() as postbox:
        app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", postbox.port

        assert grades(mail_server="127.0.0.1", mail_default_sender="me@example.org")["mail"] == WELL


@pytest.mark.parametrize(("password", "grade"), [("right", WELL), ("wrong", FAULT)])
def test_a_mail_server_that_refuses_the_password_is_a_fault(examine, mail_server, password, grade):
    mail_server.username, mail_server.password = "microblog", password

    found = examine(mail_server="127.0.0.1", mail_default_sender="me@example.org")["mail"]

    assert found.grade == grade
    if grade == FAULT:
        assert found.what.startswith("127.0.0.1:25: 535 ")
        assert found.remedy == mail_advice.CREDENTIALS
    assert password not in found.what


def test_a_mail_server_that_speaks_no_tls_where_it_should_is_a_fault(examine, mail_server):
    mail_server.use_ssl = True

    found = examine(mail_server="127.0.0.1", mail_use_ssl=True, mail_default_sender="me@example.org")["mail"]

    assert found.grade == FAULT
    assert "SSL" in found.what
    assert found.remedy == mail_advice.NO_TLS_FIRST


@pytest.mark.parametrize(
    ("changed", "grade"),
    [
        ({}, WARNING),
        ({"mail_use_tls": True}, WELL),
        ({"mail_use_ssl": True}, WELL),
        ({"mail_server": "127.0.0.1"}, WELL),
        ({"mail_password": None}, WELL),
    ],
)
def test_a_password_that_travels_in_the_clear_is_a_warning(examine, mail_server, changed, grade):
    settings = {
        "mail_server": "mail.example.org",
        "mail_password": "right",
        "mail_default_sender": "me@example.org",
    }

    found = examine(**settings | changed)["mail"]

    assert found.grade == grade
    assert ("the password travels in the clear" in found.what) == (grade == WARNING)


def test_a_queue_server_that_answers_is_well(examine, queue):
    found = examine(redis_url=queue())["queue"]

    assert found.grade == WELL
    assert found.what.startswith("version ")


def test_a_bundled_queue_server_that_does_not_run_is_called_so(examine, settings, monkeypatch):
    # Not Redis' default, where another program's server may answer.
    monkeypatch.setattr(Settings, "queue_url", "unix:///dev/null")
    stopped = examine()["queue"]
    (settings.data_dir / "run" / "queue.url").write_text("unix:///dev/null\n")
    killed = examine()["queue"]

    assert stopped == (FAULT, "queue", "the bundled queue server is not running", "start the site: ./run.sh")
    assert killed.what.startswith("takes no messages: ")
    assert "/dev/null" in killed.what


def test_a_mail_server_that_does_not_answer_is_a_fault(grades, app):
    app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", 9

    assert grades(mail_server="127.0.0.1")["mail"] == FAULT


def test_an_address_without_https_is_a_warning(grades):
    assert grades(base_url="http://blog.example.org")["address"] == WARNING
    assert grades(base_url="https://blog.example.org")["address"] == WARNING
    assert grades(base_url="https://blog.example.org", trusted_proxies=("127.0.0.1",))["address"] == WELL


def test_the_exit_code_tells_monitors_and_each_fault_its_remedy(run, susan):
    result = run("doctor", "--quiet")

    assert result.exit_code == 1
    assert "✗ web server" in result.output
    assert "→ start the site: ./run.sh" in result.output
    assert "✓" not in result.output


def test_a_test_mail_without_a_server_lies_in_the_outbox(run):
    result = run("mail-test", "susan@example.org")

    assert result.exit_code == 0, result.output
    [path] = (data_dir() / "outbox").glob("*.eml")
    assert str(path) in result.output


def test_a_test_mail_goes_out_at_once(run, app, monkeypatch):
    with Postbox() as postbox:
        monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
        app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", postbox.port

        result = run("mail-test", "susan@example.org")

        assert result.output == "127.0.0.1 took the test mail for susan@example.org\n"
        assert [mail["Subject"] for mail in postbox.mails] == ["[Microblog] Test"]


def test_what_the_mail_server_said_is_told(run, app, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    app.extensions["mail"].server, app.extensions["mail"].port = "127.0.0.1", 9

    result = run("mail-test", "susan@example.org")

    assert result.exit_code == 1
    assert "The mail server could not be reached. (" in result.output
    assert "refused" in result.output


def test_a_bad_address_is_refused(run):
    assert run("mail-test", "nobody").exit_code == 1


def test_a_database_that_is_none_is_told_in_one_line(run):
    db.close_all()
    (data_dir() / "microblog.db").write_bytes(b"none" * 1000)

    result = run("tasks", "list")

    assert result.exit_code == 1
    assert result.output.startswith("Error: the database does not answer")
    assert result.output.count("\n") == 1


def test_bad_settings_are_told_in_one_line(tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": "abc", "WORKERS": "0"}
    command = [sys.executable, "-m", "flask", "doctor"]

    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 2
    assert result.stderr.startswith("Error: bad settings: PORT=abc")
    assert result.stderr.count("\n") == 1


def test_the_web_server_is_asked_where_it_listens_and_not_where_the_settings_point(app, settings):
    (settings.data_dir / "run").mkdir(exist_ok=True)
    elsewhere = dataclasses.replace(settings, host="0.0.0.0", port=8899)

    assert reachable_address(settings) == "127.0.0.1:8000"
    leave_address(elsewhere)
    assert reachable_address(settings) == "127.0.0.1:8899"


@pytest.mark.parametrize("part", doctor.CHECKS)
def test_whatever_one_check_raises_the_others_are_told(examine, monkeypatch, part):
    def fail(_settings):
        raise RuntimeError("out of\nreach")

    before = examine()
    monkeypatch.setitem(doctor.CHECKS, part, fail)

    found = examine()

    assert list(found) == list(before)
    assert found[part].grade == FAULT
    assert found[part].what == "could not be checked: RuntimeError: out of reach"
    assert found[part].remedy
    for other in set(before) - {part}:
        # The disk changes from one look to the next.
        assert found[other].grade == before[other].grade


@pytest.mark.parametrize("name", doctor.OURS)
def test_a_link_of_ours_that_leads_nowhere_is_a_fault(examine, name):
    data_dir().chmod(0o700)
    db.close_all()
    path = data_dir() / name
    if path.exists():
        path.rename(data_dir().with_name(f"{name}-moved"))
    path.symlink_to("/nowhere/at/all")

    found = examine()["data folder"]

    assert (found.grade, found.what) == (
        FAULT,
        f"{path} is a link to /nowhere/at/all, which is not there",
    )
    assert found.remedy.startswith("mount the disk")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_somebody_else_behind_a_link_is_a_fault(examine, tmp_path_factory):
    data_dir().chmod(0o700)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "nightly.tar.gz").touch()
    os.chown(elsewhere / "nightly.tar.gz", 65534, -1)
    (data_dir() / "backups").symlink_to(elsewhere)

    assert examine()["data folder"].grade == FAULT


def test_links_and_what_the_system_puts_there_are_none_of_ours(grades):
    data_dir().chmod(0o700)
    (data_dir() / "link").symlink_to("/etc/hostname")
    (data_dir() / "dangling").symlink_to("nowhere")
    (data_dir() / "lost+found").mkdir(mode=0o755)

    assert grades()["data folder"] == WELL


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_somebody_else_is_a_fault(grades):
    data_dir().chmod(0o700)
    os.chown(data_dir() / "run" / "presence.lock", 65534, -1)

    assert grades()["data folder"] == FAULT

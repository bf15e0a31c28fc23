"""Databases of former versions, started by this one: nothing is lost, and what was asked for is done."""

import dataclasses
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from peewee import sqlite3

from microblog.base.config import ROOT, Settings
from microblog.base.error_codes import OUT_OF_SPACE
from microblog.base.schema import migrate
from microblog.exports import MAIL
from microblog.mail.mail import URGENT, Mail
from microblog.mail.retries import UNCERTAIN_TWICE
from microblog.mail.smtp import ADDRESS_REFUSED, BROKEN_OFF, LATER, UNREACHABLE
from microblog.models import Notification, Post, PostIndex, Site, User
from microblog.models.exceptions import Blocked
from microblog.models.site import ADMINISTRATORS, MEMBERS
from microblog.ops.doctor import CLOSED_BY_UPGRADE
from microblog.server import command_lines
from microblog.tables import TRIGGERS
from microblog.tasks.states import CANCELLED, FAILED, QUEUED, SUCCEEDED
from microblog.tasks.task import Task
from tests.apps import opened
from tests.end_to_end.running_site import PATIENCE_S, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

FORMER = sorted((Path(__file__).parent.parent / "fixtures").glob("*_schema.sql"))
FIFTH, SEVENTH = (path for path in FORMER if path.stem in ("fifth_schema", "seventh_schema"))
TOKEN = "microblog_a-program-of-susan"
SUSANS = "SELECT id FROM task WHERE state = 'queued' AND user_id = 1"
POSTS = ["first", "second — 把博客", "third https://example.org"]


# What the rows of the seventh schema become, by what they stood for: an export's state and progress, whether
# its file is offered, and its mail: state, attempts, error; whether it left, may have left, was sent again.
NEVER, PERHAPS, SENT = (False, False, False), (False, True, False), (True, True, False)
TWICE = (False, True, True)
IN_OUTBOX = "succeeded, in the outbox"
EXPORTS = {
    "succeeded and mailed": (SUCCEEDED, 100, True, (SUCCEEDED, 1, None, SENT)),
    "succeeded, mailed and expired": (SUCCEEDED, 100, False, (SUCCEEDED, 1, None, SENT)),
    IN_OUTBOX: (SUCCEEDED, 100, True, (SUCCEEDED, 1, None, NEVER)),
    "succeeded, mail refused": (SUCCEEDED, 100, True, (FAILED, 1, ADDRESS_REFUSED, NEVER)),
    "succeeded, mail uncertain": (SUCCEEDED, 100, True, (FAILED, 2, UNCERTAIN_TWICE, TWICE)),
    "failed": (FAILED, 33, False, None),
    "cancelled": (CANCELLED, 33, False, None),
    "cancelled before the mail left": (CANCELLED, 99, False, (CANCELLED, 1, None, NEVER)),
    "cancelled while the mail left": (CANCELLED, 99, False, (CANCELLED, 1, None, PERHAPS)),
    "cancelled after the mail left": (CANCELLED, 99, False, (SUCCEEDED, 1, None, SENT)),
    "queued": (QUEUED, 0, False, None),
    "running": (QUEUED, 0, False, None),
    "running, to be cancelled": (QUEUED, 0, False, None),
    "mailing": (SUCCEEDED, 100, True, (QUEUED, 0, None, NEVER)),
    "mailing, delayed": (SUCCEEDED, 100, True, (QUEUED, 2, LATER, NEVER)),
    "mailing, uncertain": (SUCCEEDED, 100, True, (QUEUED, 1, BROKEN_OFF, PERHAPS)),
    "mailing, uncertain twice": (SUCCEEDED, 100, True, (QUEUED, 2, BROKEN_OFF, TWICE)),
    "mailing, mailed": (SUCCEEDED, 100, True, (SUCCEEDED, 0, None, SENT)),
    "mailing, to be cancelled": (CANCELLED, 99, False, (CANCELLED, 0, None, PERHAPS)),
}
MAILS = {
    "mail queued": (QUEUED, 0, None, NEVER),
    "mail queued, delayed": (QUEUED, 2, UNREACHABLE, NEVER),
    "mail running": (QUEUED, 0, None, NEVER),
    "mail running, uncertain": (QUEUED, 0, None, PERHAPS),
    "mail running, mailed": (SUCCEEDED, 0, None, SENT),
    "mail succeeded": (SUCCEEDED, 1, None, SENT),
    "mail failed": (FAILED, 1, ADDRESS_REFUSED, NEVER),
    "mail cancelled": (CANCELLED, 1, None, NEVER),
}
# How what was under way ends, and what is mailed.
ENDS = {"queued": SUCCEEDED, "running": SUCCEEDED, "running, to be cancelled": CANCELLED}
MAILED = {
    *("queued", "running", "mailing", "mailing, delayed", "mailing, uncertain"),
    *("mail queued", "mail queued, delayed", "mail running", "mail running, uncertain"),
}


@pytest.fixture
def upgraded(settings):
    """A database of the seventh schema, brought up to date, with the files that its rows speak of."""
    fill(settings, script_of(SEVENTH))
    write_files(settings)
    with opened(settings):
        migrate(TRIGGERS)
        yield


def shape(task):
    mail = task.mails.first()
    return task.state, task.progress, task.file_expires_at is not None, mail and facts(mail)


def facts(mail):
    left = (mail.sent_at is not None, mail.sending_at is not None, mail.resent)
    return mail.state, mail.attempts, mail.error, left


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site") as site:
        yield site


def script_of(former):
    """The SQL of a former database as of yesterday: the nightly work forgets what ended long ago."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    return former.read_text().replace("2026-11-20", f"{yesterday:%Y-%m-%d}")


def fill(site, script):
    """Make the database of *script*, an SQL dump, and return the id of susan's queued task."""
    site.data_dir.mkdir(mode=0o700)
    database = sqlite3.connect(site.data_dir / "microblog.db")
    database.executescript(script)
    [(task_id,)] = database.execute(SUSANS)
    database.close()
    return task_id


@pytest.mark.parametrize("former", FORMER, ids=lambda path: path.stem)
def test_a_former_database_is_copied_brought_up_to_date_and_its_task_is_done(site, former):
    task_id = fill(site, script_of(former))

    site.ready()

    [copy] = (site.data_dir / "before-upgrade").iterdir()
    assert site.said(f"database: copied to {copy}, then brought up to date")
    old = sqlite3.connect(copy)
    assert old.execute(SUSANS).fetchall() == [(task_id,)]
    old.close()
    wait_until(lambda: json.loads(site.flask("tasks", "show", task_id))["state"] == "succeeded", site.output)
    archive = json.loads((site.data_dir / "exports" / f"{task_id}.json").read_text())
    assert [post["body"] for post in archive["posts"]] == POSTS
    wait_until(lambda: unfinished(site) == [], site.output)
    assert "sound, up to date" in site.flask("doctor")


def test_people_are_found_by_addresses_that_were_compared_otherwise_before(settings):
    fill(settings, script_of(SEVENTH))
    former = sqlite3.connect(settings.data_dir / "microblog.db")
    former.execute("UPDATE user SET email = 'Susan@straße.de', email_key = 'susan@strasse.de' WHERE id = 1")
    former.execute("UPDATE mail SET recipient = 'susan@strasse.de' WHERE recipient = 'susan@example.org'")
    former.commit()
    former.close()

    with opened(settings):
        migrate(TRIGGERS)

        assert User.with_email("susan@STRAßE.de") == User.named("susan")
        assert User.with_email("susan@strasse.de") is None
        asked = Mail.get(kind="reset_password", state=QUEUED)
        assert asked.recipient == "susan@xn--strae-oqa.de"
        # Nobody else's key has changed.
        assert User.with_email("john@example.org") == User.named("john")


@pytest.mark.parametrize(
    ("chosen", "closed", "inviters"), [("", True, MEMBERS), ("invite", False, ADMINISTRATORS)]
)
def test_a_site_that_set_nothing_is_closed_and_told_and_who_invited_before_invites(
    settings, chosen, closed, inviters
):
    fill(settings, script_of(SEVENTH))
    settings = dataclasses.replace(settings, registration=chosen)

    with opened(settings) as app:
        told = [app.test_cli_runner().invoke(args=["migrate"]).stderr for _start in range(2)]

        assert [CLOSED_BY_UPGRADE in lines for lines in told] == [closed, closed]
        assert Site.inviters(settings) == inviters
        assert app.test_client().get("/auth/register").status_code == 403


def test_blocks_tokens_and_the_search_index_outlive_an_update(settings):
    fill(settings, script_of(FIFTH))

    with opened(settings) as app:
        migrate(TRIGGERS)

        asked = app.test_client().get("/api/posts", headers={"Authorization": f"Bearer {TOKEN}"})
        assert {post["author"]["username"] for post in asked.json} == {"susan"}
        with pytest.raises(Blocked):
            User.named("john").follow(User.named("susan"))
        assert [post.body for post in PostIndex.search("博客")] == [POSTS[1]]
        Post.get(body=POSTS[1]).delete_instance()
        assert list(PostIndex.search("博客")) == []


def write_files(site):
    """Write the files of the exports that can be downloaded, and the one mail in the outbox."""
    database = sqlite3.connect(site.data_dir / "microblog.db")
    rows = database.execute("SELECT id, description, file_expires_at FROM task").fetchall()
    database.close()
    for folder in ("exports", "outbox"):
        (site.data_dir / folder).mkdir(mode=0o700)
    for task_id, case, offered in rows:
        if offered:
            (site.data_dir / "exports" / f"{task_id}.json").write_text('{"posts": []}\n')
        if case == IN_OUTBOX:
            (site.data_dir / "outbox" / f"{task_id}.eml").write_text("Subject: Your posts\n\nAttached.\n")


def test_each_export_of_the_seventh_schema_becomes_what_it_was(upgraded):
    rows = {task.description: task for task in Task.select()}

    assert {case: shape(task) for case, task in rows.items()} == EXPORTS
    for task in rows.values():
        assert task.complete == (task.finished_at is not None)
        assert all(mail.id == task.id and mail.kind == MAIL for mail in task.mails)
        assert all(mail.user == task.user and mail.priority == 0 for mail in task.mails)
        assert all(
            mail.recipient == ("" if mail.state == CANCELLED else task.user.email) for mail in task.mails
        )
    assert rows["running"].crash_count == 1
    assert rows["mailing, delayed"].crash_count == 0
    assert rows["mailing, delayed"].mails.get().crash_count == 1
    assert rows["failed"].error == OUT_OF_SPACE


def test_each_mail_of_the_seventh_schema_stays_what_it_was(upgraded):
    rows = {mail.arguments["case"]: mail for mail in Mail.select().where(Mail.task.is_null())}

    assert {case: facts(mail) for case, mail in rows.items()} == MAILS
    assert all(mail.priority == URGENT for mail in rows.values())
    assert rows["mail queued, delayed"].error == UNREACHABLE
    assert rows["mail failed"].error == ADDRESS_REFUSED


def test_notifications_that_speak_of_phases_are_gone(upgraded):
    assert [each.name for each in Notification.select()] == ["unread_message_count"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_whatever_was_under_way_in_the_seventh_schema_ends_and_the_site_goes_on(tmp_path, postbox):
    mail_server = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(postbox.port)}
    with RunningSite(tmp_path / "site", **mail_server) as site:
        fill(site, script_of(SEVENTH))
        write_files(site)
        site.ready()
        wait_until(lambda: unfinished(site) == [], site.output)

        tasks = select(site, "SELECT description, id, state FROM task WHERE user_id IS NOT NULL")
        assert {case: state for case, _, state in tasks} == {
            case: ENDS.get(case, before[0]) for case, before in EXPORTS.items()
        }
        mails = select(site, "SELECT task_id, json_extract(arguments, '$.case'), state, error FROM mail")
        names = {task_id: case for case, task_id, _ in tasks}
        ended = {names.get(task_id, case): (state, error) for task_id, case, state, error in mails}
        assert ended["mailing, uncertain twice"] == (FAILED, UNCERTAIN_TWICE)
        assert {ended[case][0] for case in MAILED} == {SUCCEEDED}

        copies = Counter(re.match(r"<\w+-(.*)@", mail["Message-ID"])[1] for mail in postbox.mails)
        ids = {case: task_id for case, task_id, _ in tasks} | dict(
            select(site, "SELECT json_extract(arguments, '$.case'), id FROM mail WHERE task_id IS NULL")
        )
        assert copies == {ids[case]: 1 for case in MAILED}

        files = {path.stem for path in (site.data_dir / "exports").iterdir()}
        assert files == {
            id_ for (id_,) in select(site, "SELECT id FROM task WHERE file_expires_at IS NOT NULL")
        }
        assert site.get("/readyz") == 200
        assert "sound, up to date" in site.flask("doctor")
        assert "Traceback" not in site.output()


@pytest.mark.parametrize("former", [FIFTH, SEVENTH], ids=lambda path: path.stem)
def test_the_dump_of_a_former_database_makes_it_again(settings, former):
    """The next of them is made by ``tools/dump.py`` as well."""
    script = script_of(former)
    fill(settings, script)

    command = [sys.executable, "tools/dump.py", settings.data_dir / "microblog.db"]
    dump = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert dump == re.sub("^--.*\n", "", script, flags=re.MULTILINE)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(site):
    fill(site, script_of(FIFTH))
    seem_newer(site)

    site.start()

    assert site.exit_code() == 1
    assert site.printed().splitlines()[-1] == (
        "Error: the database is newer than this version: it knows 9999_future"
    )
    assert site.printed().count("the database") == 1, "it is said once"
    assert not (site.data_dir / "before-upgrade").exists()


def test_a_consumer_started_by_itself_leaves_a_newer_database_alone(site):
    task_id = fill(site, script_of(FIFTH))
    site.flask("migrate")
    seem_newer(site)

    refused = start_consumer_alone(site)

    assert refused.returncode == 1
    assert refused.stderr == "microblog: the database is newer than this version: it knows 9999_future\n"
    assert state_of(site, task_id) == "queued"


def test_a_consumer_started_by_itself_does_not_work_on_a_database_that_waits_for_its_upgrade(site):
    task_id = fill(site, script_of(FIFTH))

    refused = start_consumer_alone(site)

    assert refused.returncode == 1
    assert re.fullmatch(
        r"microblog: the database lacks 0006_crashes, .*; run: flask migrate\n",
        refused.stderr,
    )
    assert state_of(site, task_id) == "queued"


def seem_newer(site):
    """Make the database look like that of a newer version."""
    database = sqlite3.connect(site.data_dir / "microblog.db")
    database.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
    database.commit()
    database.close()


def start_consumer_alone(site):
    """The consumer by its own command line, without the supervisor that would migrate; it must end."""
    command = command_lines.consumer(Settings())
    return subprocess.run(
        command, cwd=ROOT, env=site.environment, capture_output=True, text=True, timeout=PATIENCE_S
    )


def select(site, query):
    """The rows of *query*, read while the site runs."""
    database = sqlite3.connect(site.data_dir / "microblog.db")
    rows = database.execute(query).fetchall()
    database.close()
    return rows


def unfinished(site):
    return [
        row
        for table in ("task", "mail")
        for row in select(site, f"SELECT id FROM {table} WHERE finished_at IS NULL")
    ]


def state_of(site, task_id):
    [(state,)] = select(site, f"SELECT state FROM task WHERE id = '{task_id}'")
    return state

"""Databases of former versions, started by this one: nothing is lost, and what was asked for is done."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from peewee import sqlite3

from microblog.base.config import ROOT, Settings
from microblog.base.schema import migrate
from microblog.models import Post, User
from microblog.models.exceptions import Blocked
from microblog.server import command_lines
from microblog.tables import TRIGGERS
from tests.apps import opened
from tests.end_to_end.running_site import PATIENCE_S, RunningSite, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

FORMER = sorted((Path(__file__).parent.parent / "fixtures").glob("*_schema.sql"))
FIFTH = next(path for path in FORMER if path.stem == "fifth_schema")
TOKEN = "microblog_a-program-of-susan"
POSTS = ["first", "second — 把博客", "third https://example.org"]


@pytest.fixture
def site(tmp_path):
    with RunningSite(tmp_path / "site") as site:
        yield site


def fill(site, script):
    """Make the database of *script*, an SQL dump, and return the id of its queued task."""
    site.data_dir.mkdir(mode=0o700)
    database = sqlite3.connect(site.data_dir / "microblog.db")
    database.executescript(script)
    [(task_id,)] = database.execute("SELECT id FROM task WHERE state = 'queued'")
    database.close()
    return task_id


@pytest.mark.parametrize("former", FORMER, ids=lambda path: path.stem)
def test_a_former_database_is_copied_brought_up_to_date_and_its_task_is_done(site, former):
    task_id = fill(site, former.read_text())

    site.ready()

    [copy] = (site.data_dir / "before-upgrade").iterdir()
    assert site.said(f"database: copied to {copy}, then brought up to date")
    old = sqlite3.connect(copy)
    assert old.execute("SELECT id FROM task WHERE state = 'queued'").fetchall() == [(task_id,)]
    old.close()
    wait_until(lambda: json.loads(site.flask("tasks", "show", task_id))["state"] == "succeeded", site.output)
    archive = json.loads((site.data_dir / "exports" / f"{task_id}.json").read_text())
    assert [post["body"] for post in archive["posts"]] == POSTS
    wait_until(lambda: mails_left(site), site.output)
    assert "sound, up to date" in site.flask("doctor")


def test_blocks_tokens_and_the_search_index_outlive_an_update(settings):
    fill(settings, FIFTH.read_text())

    with opened(settings) as app:
        migrate(TRIGGERS)

        asked = app.test_client().get("/api/posts", headers={"Authorization": f"Bearer {TOKEN}"})
        assert {post["author"]["username"] for post in asked.json} == {"susan"}
        with pytest.raises(Blocked):
            User.named("john").follow(User.named("susan"))
        assert [post.body for post in Post.search("博客")] == [POSTS[1]]
        Post.get(body=POSTS[1]).delete_instance()
        assert list(Post.search("博客")) == []


def test_the_dump_of_a_former_database_makes_it_again(settings):
    """The next of them is made by ``tools/dump.py`` as well."""
    script = FIFTH.read_text()
    fill(settings, script)

    command = [sys.executable, "tools/dump.py", settings.data_dir / "microblog.db"]
    dump = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert dump == re.sub("^--.*\n", "", script, flags=re.MULTILINE)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(site):
    fill(site, FIFTH.read_text())
    seem_newer(site)

    site.start()

    assert site.exit_code() == 1
    assert "the database is newer than this version: it knows 9999_future" in site.output()
    assert not (site.data_dir / "before-upgrade").exists()


def test_a_consumer_started_by_itself_leaves_a_newer_database_alone(site):
    task_id = fill(site, FIFTH.read_text())
    site.flask("migrate")
    seem_newer(site)

    refused = start_consumer_alone(site)

    assert refused.returncode == 1
    assert refused.stderr == "microblog: the database is newer than this version: it knows 9999_future\n"
    assert state_of(site, task_id) == "queued"


def test_a_consumer_started_by_itself_does_not_work_on_a_database_that_waits_for_its_upgrade(site):
    task_id = fill(site, FIFTH.read_text())

    refused = start_consumer_alone(site)

    assert refused.returncode == 1
    assert re.fullmatch(
        r"microblog: the database lacks 0006_crashes, .*; run: flask --app microblog migrate\n",
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


def mails_left(site):
    """Whether no mail waits any more."""
    database = sqlite3.connect(site.data_dir / "microblog.db")
    states = database.execute("SELECT state FROM mail").fetchall()
    database.close()
    return set(states) <= {("succeeded",)}


def state_of(site, task_id):
    database = sqlite3.connect(site.data_dir / "microblog.db")
    [(state,)] = database.execute("SELECT state FROM task WHERE id = ?", (task_id,))
    database.close()
    return state

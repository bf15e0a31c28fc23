"""The main job through a real queue server, a real consumer and a real mail server."""

import json
import re
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from microblog.base import clock
from microblog.models import Notification, User
from microblog.ops.nightly import CHORES, nightly
from microblog.tasks.states import RUNNING, SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.running_site import PATIENCE_S
from tests.end_to_end.world import fill


@pytest.mark.parametrize("count", [0, 1, 36, 10_000])
def test_an_export_arrives_as_file_and_mail(world, susan, count):
    fill(susan, count)
    world.start_consumer()

    task = world.export(susan)
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.progress, row.attempts) == (SUCCEEDED, 100, 1)
    assert (row.mail.state, row.mail.attempts, row.mail.recipient) == (SUCCEEDED, 1, susan.email)
    assert [post["body"] for post in json.loads(row.file.read_text())["posts"]] == [
        f"post {number}" for number in range(count)
    ]
    [mail] = world.mails_of(task)
    assert mail["Subject"] == "[Microblog] Your blog posts"
    assert mail["To"] == susan.email
    assert mail["Auto-Submitted"] == "auto-generated"
    attached = [part.get_content() for part in mail.iter_attachments()]
    assert [json.loads(part) for part in attached] == (
        [json.loads(row.file.read_text())] if row.result["size_bytes"] <= 1024**2 else []
    )
    [news] = Notification.since(susan, 0)
    assert (news.data["state"], news.data["mail"]["state"]) == (SUCCEEDED, SUCCEEDED)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc, which Linux has")
def test_many_posts_need_little_memory_and_few_writes(world, susan):
    fill(susan, 30_000)
    # A thousand pages instead of thirty: a report for each would be too many.
    consumer = world.start_consumer(PAGE="30")
    before = peak_mib(consumer)

    task = world.export(susan)
    world.settle()

    assert (
        Task.get_by_id(task.id).result["posts"] == len(json.loads(task.file.read_text())["posts"]) == 30_000
    )
    assert len(world.mails_of(task)) == 1
    assert peak_mib(consumer) - before < 16
    # Each notification takes a new id, so the last one counts the writes.
    assert Notification.newest(susan).scalar() <= 110
    assert task.file.stat().st_size > 2 * 1024**2


def nights():
    return list(Task.select().where(Task.name == nightly.name).order_by(Task.created_at))


def test_nightly_work_is_done_by_a_consumer_that_starts_after_a_day(world):
    world.start_consumer()
    world.wait_for(nights)
    world.settle()
    [night] = nights()
    assert (night.state, night.user) == (SUCCEEDED, None)
    assert f"nightly work: {CHORES[-1].__name__} done" in world.log_text()

    world.start_consumer()
    world.settle()
    assert nights() == [night]

    Task.update(created_at=clock.now() - timedelta(hours=25)).where(Task.id == night.id).execute()
    world.wait_for(lambda: len(nights()) == 2)
    world.settle()
    assert nights()[1].state == SUCCEEDED


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_a_nightly_backup_that_was_interrupted_is_made_up_for(world, susan, stop):
    User.update(created_at=clock.now() - timedelta(days=2)).execute()
    staging, backups = (world.settings.data_dir / path for path in ("run/staging", "backups"))
    consumer = world.start_consumer(HANGS_AT="microblog.ops.backup._pack")
    world.wait_for(lambda: list(backups.glob("*.part")))
    [night] = nights()
    assert night.state == RUNNING

    consumer.send_signal(stop)
    consumer.wait(PATIENCE_S)

    assert list(staging.iterdir())
    assert not list(backups.glob("*.tar.gz"))
    world.start_consumer()
    world.settle()
    [night] = nights()
    assert (night.state, night.attempts) == (SUCCEEDED, 1 if stop == signal.SIGTERM else 2)
    [path] = backups.iterdir()
    assert path.match("nightly-*.tar.gz")
    assert not staging.exists()


def test_a_rehearsal_that_was_killed_leaves_no_scratch_folder_and_is_made_up_for(world, susan):
    User.update(created_at=clock.now() - timedelta(days=2)).execute()
    staging = world.settings.data_dir / "run" / "staging"
    consumer = world.start_consumer(HANGS_AT="microblog.ops.restore._refuse_weak_key")
    world.wait_for(
        lambda: (staging / "microblog.db").exists() and list(staging.parent.glob("../backups/*.gz"))
    )

    consumer.kill()
    consumer.wait(PATIENCE_S)

    assert list(staging.iterdir())
    world.start_consumer()
    world.settle()
    assert "was unpacked and checked: it can be restored" in world.log_text()
    assert not staging.exists()


def peak_mib(process):
    """The most memory that *process* has had so far."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

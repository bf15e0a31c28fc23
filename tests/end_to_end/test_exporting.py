"""The main job through a real queue server, a real consumer and a real mail server."""

import json
import re
import sys
from pathlib import Path

import pytest

from microblog.models import Notification
from microblog.tasks.states import SUCCEEDED
from microblog.tasks.task import Task
from tests.end_to_end.world import fill


@pytest.mark.parametrize("count", [0, 1, 36, 10_000, 100_000])
def test_an_export_arrives_as_file_and_mail(world, susan, count):
    fill(susan, count)
    world.start_consumer()

    task = world.export(susan)
    world.settle()

    row = Task.get_by_id(task.id)
    assert (row.state, row.progress, row.attempts, row.mail_attempts) == (SUCCEEDED, 100, 1, 1)
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
    assert news.data["state"] == SUCCEEDED


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc, which Linux has")
def test_a_hundred_thousand_posts_need_little_memory_and_few_writes(world, susan):
    fill(susan, 100_000)
    # A thousand pages instead of a hundred: a report for each would be too many.
    consumer = world.start_consumer(PAGE="100")
    before = peak_mib(consumer)

    task = world.export(susan)
    world.settle()

    assert peak_mib(consumer) - before < 30
    # Each notification takes a new id, so the last one counts the writes.
    assert Notification.newest(susan).scalar() <= 110
    assert task.file.stat().st_size > 5 * 1024**2


def test_nightly_work_is_done_by_a_consumer_that_starts_after_a_day(world):
    stamp = world.settings.data_dir / "run" / "nightly"

    world.start_consumer()

    world.wait_for(stamp.exists)
    world.wait_for(lambda: "nightly work: nightly done" in world.log_text())


def peak_mib(process):
    """The most memory that *process* has had so far."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

import dataclasses
import re

import pytest

from microblog.tasks.task import Task
from microblog.web import request_times
from tests.apps import SETTINGS, opened

TOKEN = "a token of a monitoring machine, quite long"


@pytest.fixture
def settings(tmp_path):
    return dataclasses.replace(SETTINGS, data_dir=tmp_path, metrics_token=TOKEN)


def read(client, token=TOKEN):
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


def samples(text):
    return dict(re.findall(r"^(microblog_\S+) (\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("token", ["", "wrong", "é", TOKEN[:-1]])
def test_only_who_holds_the_token_sees_them(client, token):
    assert read(client, token).status_code == 404


def test_without_a_token_there_is_no_such_page(tmp_path):
    with opened(dataclasses.replace(SETTINGS, data_dir=tmp_path)) as app:
        assert read(app.test_client(), "").status_code == 404


def test_what_waits_and_ended_and_how_long_requests_took(client, susan, nobody_works):
    Task.create(name="export_posts", description="x", user=susan)
    Task.create(name="example", description="x").fail("broken")
    before = int(samples(read(client).text)["microblog_request_seconds_count"])
    for _ in range(3):
        client.get("/livez")

    response = read(client)

    assert response.content_type.startswith("text/plain; version=0.0.4")
    told = samples(response.text)
    assert told["microblog_waiting"] == "1"
    assert told['microblog_tasks{kind="example",state="failed"}'] == "1"
    assert told["microblog_workers"] == "1"
    assert int(told["microblog_request_seconds_count"]) == before + 3
    assert told['microblog_request_seconds_bucket{le="+Inf"}'] == told["microblog_request_seconds_count"]
    buckets = [
        int(told[f'microblog_request_seconds_bucket{{le="{end}"}}']) for end in request_times.BUCKETS_S
    ]
    assert buckets == sorted(buckets)


def test_every_line_is_of_the_format(client, susan):
    line = re.compile(
        r'# (HELP|TYPE) microblog_\w+ .+|microblog_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? [\d.e+-]+'
    )

    assert all(line.fullmatch(each) for each in read(client).text.splitlines())

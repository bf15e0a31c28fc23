"""What the doctor and ``/readyz`` say of a real queue server that takes no messages, for each reason."""

from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from microblog.base import clock
from microblog.ops import probes, queue_advice
from microblog.ops.doctor import FAULT, WELL
from microblog.server import queue_server
from microblog.tasks.queue import MESSAGES_KEY, ask_for_write, huey
from microblog.tasks.task import Task
from tests.end_to_end.running_site import wait_until


def refuses(url):
    try:
        ask_for_write(probes.queue_client(url))
    except RedisError:
        return True
    return False


def fill(server, url):
    server.config_set("maxmemory", 1)
    return url


def ask_for_a_password(server, url):
    server.config_set("requirepass", "right")
    return url


def ask_for_another_password(server, url):
    server.config_set("requirepass", "right")
    return url.replace("unix://", "unix://:wrong@")


def forbid(server, url):
    server.execute_command("ACL", "SETUSER", "reader", "on", ">right", "~*", "+@read")
    return url.replace("unix://", "unix://reader:right@")


def follow_another(server, url):
    server.execute_command("REPLICAOF", "127.0.0.1", "1")
    return url


def name_no_database(_server, url):
    return f"{url}?db=99"


def use_for_something_else(server, url):
    server.set(MESSAGES_KEY, "somebody else's")
    return url


def break_its_disk(server, url):
    server.config_set("save", "3600 1")
    folder = server.config_get("dir")["dir"]
    # A folder of that name cannot be replaced by a file.
    (Path(folder) / "dump.rdb" / "full").mkdir(parents=True)
    server.bgsave()
    wait_until(lambda: refuses(url))
    return url


CAUSES = {
    fill: ("maxmemory", "raise maxmemory"),
    ask_for_a_password: ("HELLO must be called", "set its password in REDIS_URL"),
    ask_for_another_password: ("invalid username-password pair", "set its password in REDIS_URL"),
    forbid: ("no permissions to run", "let the user of REDIS_URL"),
    follow_another: ("read only replica", "set REDIS_URL to the server that this one is a replica of"),
    name_no_database: ("DB index is out of range", "set REDIS_URL to a database that the server has"),
    use_for_something_else: ("WRONGTYPE", "set REDIS_URL to a database that no other program uses"),
    break_its_disk: ("MISCONF", "see in the log of that server"),
}


@pytest.fixture
def spoil(queue):
    """A function that spoils a real queue server and returns the URL of who wants to use it."""

    def spoil(cause):
        url = queue()
        return cause(Redis.from_url(url), url)

    return spoil


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_the_servers_words_are_repeated_and_the_advice_fits(examine, spoil, cause):
    said, remedy = CAUSES[cause]
    url = spoil(cause)

    found = examine(redis_url=url)["queue"]

    assert found.grade == FAULT
    assert found.what.startswith("takes no messages: ")
    assert said in found.what
    assert found.remedy.startswith(remedy)


@pytest.mark.parametrize("cause", [ask_for_a_password, ask_for_another_password, name_no_database])
def test_the_start_repeats_what_the_server_refuses(spoil, cause):
    told = queue_server.describe(spoil(cause))

    assert CAUSES[cause][0] in told.partition(" refuses: ")[2]
    assert "wrong" not in told


def test_every_advice_has_its_cause():
    named = [*queue_advice.BY_KIND.values(), *queue_advice.BY_WORDS.values()]
    caused = [remedy for _said, remedy in CAUSES.values()]

    assert [text for text in named if not any(text.startswith(remedy) for remedy in caused)] == []


def test_a_site_is_not_ready_while_the_queue_takes_no_messages(app, client, queue, settings):
    url = queue()
    server = Redis.from_url(url)
    huey.lock.file.close()
    huey.immediate = False
    huey.init_app(app, url, app.secret_key, settings.data_dir / "run")
    huey.lock.take()

    assert client.get("/readyz").status_code == 200
    server.config_set("maxmemory", 1)
    refused = client.get("/readyz")
    server.config_set("maxmemory", 0)

    assert (refused.status_code, refused.json["queue"], refused.json["messages"]) == (503, False, 0)
    assert client.get("/readyz").status_code == 200
    # Asking wrote nothing, not even to the server's file.
    assert server.dbsize() == 0
    assert server.info("persistence")["rdb_changes_since_last_save"] == 0


def test_a_task_that_waits_because_the_queue_takes_none_is_no_matter_of_the_workers(
    app, examine, queue, settings, susan
):
    url = queue()
    huey.lock.file.close()
    huey.immediate = False
    huey.init_app(app, url, app.secret_key, settings.data_dir / "run")
    huey.lock.take()
    Redis.from_url(url).config_set("maxmemory", 1)
    since = clock.now() - timedelta(hours=1)
    Task.create(name="export_posts", description="x", user=susan, run_after=since)

    assert examine()["worker"].remedy.startswith("see above: the queue takes no messages")


def test_a_queue_that_takes_messages_is_well(examine, queue):
    found = examine(redis_url=queue())["queue"]

    assert (found.grade, found.what.split()[-2:]) == (WELL, ["takes", "messages"])

from redis.exceptions import ConnectionError as QueueUnreachable

from microblog.base.database import db
from microblog.tasks.queue import huey


def test_live_is_always_ok(client):
    assert client.get("/livez").json == {"status": "ok"}


def test_ready_names_every_part_and_the_backlog(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json == {
        "status": "ok",
        "database": True,
        "queue": True,
        "worker": True,
        "waiting": 0,
        "oldest_waiting_s": 0.0,
        "messages": 0,
    }


def test_how_much_waits_is_told_on_this_machine_only(client):
    for address in ("192.0.2.7", "2001:db8::7", "unknown"):
        told = client.get("/readyz", environ_overrides={"REMOTE_ADDR": address})
        assert told.json == {"status": "ok", "database": True, "queue": True, "worker": True}
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        told = client.get("/readyz", environ_overrides={"REMOTE_ADDR": address})
        assert {"waiting", "oldest_waiting_s", "messages"} <= told.json.keys()


def test_without_a_worker_it_is_not_ready(client, worker_gone):
    response = client.get("/readyz")

    assert (response.status_code, response.json["worker"]) == (503, False)


def test_a_queue_that_does_not_answer_is_named(app, client, tmp_path):
    huey.immediate = False
    huey.lock.file.close()
    huey.init_app(app, f"unix://{tmp_path}/nothing.sock", app.secret_key, tmp_path / "run")
    huey.lock.take()

    response = client.get("/readyz")

    assert (response.status_code, response.json["queue"]) == (503, False)


def test_a_queue_that_goes_away_between_two_questions_is_named(client, monkeypatch):
    answers = iter([0])

    def pending_count(_huey):
        for response in answers:
            return response
        raise QueueUnreachable

    monkeypatch.setattr(type(huey), "pending_count", pending_count)

    assert client.get("/readyz").json["messages"] == 0
    response = client.get("/readyz")
    assert (response.status_code, response.json["queue"]) == (503, False)
    assert "messages" not in response.json


def test_a_database_that_does_not_answer_is_named(client):
    db.execute_sql("ALTER TABLE task RENAME TO gone")

    response = client.get("/readyz")

    assert (response.status_code, response.json["database"]) == (503, False)
    assert "waiting" not in response.json

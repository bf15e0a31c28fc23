import pytest

from microblog.models import Notification, Session
from microblog.models.session import SEEN_EVERY


def test_news_comes_oldest_first_with_id_name_data_and_timestamp(browser, susan):
    first = Notification.push(susan, "task_progress", {"task_id": "t", "progress": 5}, key="t")
    second = Notification.push(susan, "unread_message_count", 2)

    news = browser.get("/notifications?since=0").json

    assert [(each["id"], each["name"], each["data"]) for each in news] == [
        (first.id, "task_progress", {"task_id": "t", "progress": 5}),
        (second.id, "unread_message_count", 2),
    ]
    assert all(each["timestamp"].endswith("Z") for each in news)


def test_what_was_seen_does_not_come_again(browser, susan):
    seen = Notification.push(susan, "a", 1)

    assert browser.get(f"/notifications?since={seen.id}").json == []


def test_many_come_in_pages_of_a_hundred_to_which_the_last_id_leads(browser, susan):
    rows = [{"user": susan, "name": "task_progress", "key": str(n), "data": n} for n in range(250)]
    Notification.insert_many(rows).execute()
    lengths, read, since = [], [], 0

    while page := browser.get(f"/notifications?since={since}").json:
        lengths.append(len(page))
        read += [news["data"] for news in page]
        since = page[-1]["id"]

    assert lengths == [100, 100, 50]
    assert read == list(range(250))


def test_nobody_reads_what_is_for_another(browser, john):
    Notification.push(john, "a", 1)

    assert browser.get("/notifications?since=0").json == []


def test_signed_out_it_is_401_and_json(client):
    response = client.get("/notifications?since=0")

    assert response.status_code == 401
    assert response.is_json


def test_a_poll_costs_one_query_besides_the_sessions_and_writes_nothing(browser, queries):
    Session.update(seen_at=Session.get().seen_at - 2 * SEEN_EVERY).execute()
    queries.clear()

    browser.get("/notifications?since=0")

    assert len(queries) == 2
    assert all(sql.startswith("SELECT") for sql in queries)


@pytest.mark.parametrize(
    "since", ["", "x", "-1", "1.5", "9" * 400, "٣", "\udc80".encode(errors="replace"), "[]"]
)
def test_a_strange_cursor_is_no_error(browser, since):
    assert browser.get("/notifications", query_string={"since": since}).status_code == 200


def test_only_get_is_answered(browser):
    assert browser.post_form("/notifications").status_code == 405

from microblog.models import Notification


def test_a_newer_one_takes_the_place_of_the_older_with_a_larger_id(susan):
    first = Notification.push(susan, "unread_message_count", 1)
    second = Notification.push(susan, "unread_message_count", 2)

    [live] = Notification.since(susan, 0)
    assert live.data == 2
    assert live.id == second.id > first.id


def test_another_key_is_another_row(susan):
    Notification.push(susan, "task_progress", {"progress": 1}, key="one")
    Notification.push(susan, "task_progress", {"progress": 2}, key="two")

    assert [news.key for news in Notification.since(susan, 0)] == ["one", "two"]


def test_a_cursor_is_never_passed_by_an_id_used_again(susan):
    newest = Notification.push(susan, "a", 1)
    newest.delete_instance()

    assert Notification.push(susan, "b", 1).id > newest.id


def test_nobody_reads_what_is_for_another(susan, john):
    Notification.push(susan, "a", 1)

    assert list(Notification.since(john, 0)) == []
    assert Notification.newest(john).scalar() is None


def test_the_poll_is_one_search_of_an_index(susan, plan):
    [step] = plan(Notification.since(susan, 5))

    assert step.startswith("SEARCH t1 USING INDEX notification_user_id_id")

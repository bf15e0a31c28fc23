"""Cursors, links and what a client keeps."""

import json
import re
from datetime import timedelta

import pytest

from microblog.base import clock
from microblog.mail.mail import Mail
from microblog.models import Block, Follow, Message, Notification, Post, Token, User
from microblog.tasks.states import CANCELLED
from microblog.tasks.task import Task
from tests.conftest import make_user
from tests.posts import insert_posts


@pytest.fixture
def posts(susan):
    insert_posts(susan, map(str, range(1, 8)))


@pytest.fixture
def person_777(app):
    """Somebody whose id might be a name."""
    make_user("mary")
    User.update(id=777).where(User.username == "mary").execute()


def bodies(response):
    return [post["body"] for post in response.json]


def link(response, relation):
    """The target of the response's link of that *relation*; None if there is none."""
    for header in response.headers.getlist("Link"):
        if found := re.fullmatch(rf'<(.+)>; rel="{relation}"', header):
            return found[1]
    return None


def test_the_links_lead_through_the_whole_list_once(program, posts):
    response = program.get("/api/posts?limit=3")
    seen = bodies(response)
    while path := link(response, "next"):
        response = program.get(path)
        seen += bodies(response)

    assert seen == ["7", "6", "5", "4", "3", "2", "1"]


@pytest.fixture
def three_of_each(susan, john, write_posts):
    """Three of everything that has a list, for susan."""
    write_posts(susan, "1 #tea", "2 #Tea", "3 #TEA")
    now = clock.now()
    for number in range(3):
        friend = make_user(f"friend{number}")
        susan.follow(friend)
        friend.follow(susan)
        Message.send(susan, john, str(number))
        Message.send(john, susan, str(number))
        Message.send(susan, friend, str(number))
        Message.send(susan, susan, str(number))
        Notification.push(susan, f"news{number}", number)
        # Two of the same moment.
        Task.create(name=f"n{number}", description="x", user=susan, created_at=now + timedelta(number // 2))
        Task.create(name=f"n{number}", description="x", user=john)
        Token.issue(susan, str(number))


def test_the_links_of_every_list_lead_through_all_of_it_once(program, contract, susan, three_of_each):
    User.update(is_admin=True).where(User.id == susan.id).execute()
    lists = [path for path, methods in contract["paths"].items() if is_list(methods.get("get"))]
    for path in lists:
        path = path.format(user="me", word="tea")
        everything = program.get(f"{path}?limit=100").json
        response = program.get(f"{path}?limit=1")
        seen = response.json
        # The list that is read forwards has a next link even when there is nothing yet.
        while response.json and len(seen) <= len(everything) and (path_on := link(response, "next")):
            response = program.get(path_on)
            seen += response.json

        assert len(everything) >= 3, path
        assert seen == everything, path
    assert {"/api/tasks", "/api/tokens", "/api/notifications", "/api/admin/tasks"} <= set(lists)


def is_list(operation):
    return operation and any(parameter["name"] == "limit" for parameter in operation["parameters"])


def test_there_is_no_link_to_a_next_page_where_there_is_none(program, posts):
    assert link(program.get("/api/posts?limit=7"), "next") is None


def test_tasks_that_came_since_are_those_after_a_task(program, susan):
    first, second, third = (
        Task.create(name=f"n{number}", description="x", user=susan).id for number in range(3)
    )

    newer = program.get(f"/api/tasks?since_id={first}")
    between = program.get(f"/api/tasks?since_id={first}&max_id={third}&limit=1")

    assert [task["id"] for task in newer.json] == [third, second]
    assert [task["id"] for task in between.json] == [second]
    assert program.get(link(newer, "prev")).json == []


@pytest.mark.parametrize("name", ["max_id", "since_id"])
def test_a_task_that_is_not_ones_own_is_no_cursor(program, john, name):
    johns = Task.create(name="export_posts", description="x", user=john)
    for text in (johns.id, "11111111-1111-1111-1111-111111111111", "1", "", "\0", "x" * 5000):
        assert program.get("/api/tasks", query_string={name: text}).status_code == 400


def test_the_link_back_leads_to_what_came_since(program, posts, susan):
    response = program.get("/api/posts?limit=3")
    Post.create(author=susan, body="8")

    assert bodies(program.get(link(response, "prev"))) == ["8"]


def test_a_gap_wider_than_a_page_is_closed_by_following_the_links(program, posts):
    fifth = program.get("/api/posts?limit=3").json[2]["id"]
    response = program.get(f"/api/posts?limit=1&since_id={fifth}")

    assert bodies(response) == ["7"]
    assert bodies(program.get(link(response, "next"))) == ["6"]


def test_a_post_tells_where_it_was_first_written(program, susan):
    origin = {"source": "mastodon.example", "id": "https://mastodon.example/1", "url": None}
    Post.create(author=susan, body="here")
    Post.create(author=susan, body="there", origin=json.dumps(origin))

    assert [post["origin"] for post in program.get("/api/posts").json] == [origin, None]


def test_ids_are_texts(program, posts):
    [post] = program.get("/api/posts?limit=1").json

    assert isinstance(post["id"], str)
    assert isinstance(post["author"]["id"], str)


def test_the_timeline_is_that_of_the_caller(program, susan, john, write_posts):
    write_posts(john, "john's")
    assert bodies(program.get("/api/timeline")) == []

    program.put("/api/users/me/following/john")

    assert bodies(program.get("/api/timeline")) == ["john's"]
    assert [user["username"] for user in program.get("/api/users/john/followers").json] == ["susan"]
    assert [user["username"] for user in program.get("/api/users/me/following").json] == ["john"]


def test_what_is_not_named_of_oneself_stays(program):
    program.put("/api/users/me", json={"username": "susan", "about_me": "Hello"})

    renamed = program.put("/api/users/me", json={"username": "susan2"})
    silenced = program.put("/api/users/me", json={"username": "susan2", "about_me": ""})

    assert (renamed.json["username"], renamed.json["about_me"]) == ("susan2", "Hello")
    assert silenced.json["about_me"] == ""


def test_across_a_block_neither_finds_the_other_among_people(program_of, susan, john):
    mary = make_user("mary")
    for one, other in ((susan, mary), (mary, susan), (john, mary), (mary, john)):
        one.follow(other)
    Block.add(susan, john)

    for reader, other in ((susan, "john"), (john, "susan")):
        for path in ("/api/users", "/api/users/mary/followers", "/api/users/mary/following"):
            names = [user["username"] for user in program_of(reader).get(path).json]
            assert reader.username in names, path
            assert other not in names, path


def test_nobody_follows_themselves(program):
    assert program.put("/api/users/me/following/me").status_code == 409


def test_a_list_of_any_length_costs_the_same_queries(program, susan, john, write_posts, queries):
    for number in range(20):
        user = make_user(f"friend{number}")
        Follow.create(follower=susan, followed=user)
        Follow.create(follower=user, followed=susan)
        write_posts(user, "one", "two")
        ended = {"state": CANCELLED, "finished_at": clock.now()}
        task = Task.create(name="example", description="x", user=susan, **ended)
        Mail.create(kind="x", recipient="x", task=task, **ended)
    people = ("/api/users", "/api/users/me/following")
    own = ("/api/messages", "/api/threads", "/api/news", "/api/tasks")
    for path in ("/api/posts", "/api/timeline", *people, *own):
        del queries[:]
        program.get(path)
        assert len([sql for sql in queries if sql.startswith("SELECT")]) <= 4, path


def test_notifications_come_oldest_first_after_a_cursor(program, susan):
    first = Notification.push(susan, "unread_message_count", 1)
    Notification.push(susan, "task_progress", {"progress": 5}, key="x")

    response = program.get(f"/api/notifications?since_id={first.id}")

    assert [news["name"] for news in response.json] == ["task_progress"]
    assert program.get(link(response, "next")).json == []


def test_what_has_not_changed_is_not_sent_again(program, posts, susan):
    etag = program.get("/api/posts").headers["ETag"]

    assert program.get("/api/posts", headers={"If-None-Match": etag}).status_code == 304

    Post.create(author=susan, body="8")
    assert program.get("/api/posts", headers={"If-None-Match": etag}).status_code == 200


def test_answers_are_never_kept_for_somebody_else(program, posts):
    response = program.get("/api/posts")

    assert response.cache_control.private
    assert "Authorization" in response.headers["Vary"]


def test_a_name_of_digits_is_found_by_its_id(program, app):
    user = make_user("777")

    assert program.get("/api/users/777").status_code == 404
    assert program.get(f"/api/users/{user.id}").json["username"] == "777"
    assert program.get("/api/users/@777").json["id"] == str(user.id)


def test_whoever_takes_a_name_of_digits_is_answered_their_own_profile(program, susan, person_777):
    response = program.put("/api/users/me", json={"username": "777", "about_me": "mine"})

    assert response.status_code == 200
    assert (response.json["id"], response.json["about_me"]) == (str(susan.id), "mine")


@pytest.mark.parametrize("digits", ["777", " 777 "])
def test_a_message_to_digits_that_may_mean_two_people_reaches_neither(program, john, person_777, digits):
    john.update_profile("777", "")

    response = program.post("/api/messages", json={"recipient": digits, "body": "x"})

    assert response.status_code == 409
    assert "@777" in response.json["detail"]
    assert Message.select().count() == 0
    named = program.post("/api/messages", json={"recipient": "@777", "body": "x"})
    assert named.json["recipient_id"] == str(john.id)


def test_a_message_to_an_id_whose_owner_left_reaches_nobody_of_that_name(program, john):
    make_user("777")

    assert program.post("/api/messages", json={"recipient": "777", "body": "x"}).status_code == 409
    by_id = program.post("/api/messages", json={"recipient": str(john.id), "body": "x"})
    assert by_id.json["recipient_id"] == str(john.id)


def test_a_suspended_person_is_not_listed_and_has_no_token(program, program_of, john):
    johns = program_of(john)
    User.update(suspended_at=User.created_at).where(User.id == john.id).execute()

    assert johns.get("/api/posts").status_code == 401
    assert [user["username"] for user in program.get("/api/users").json] == ["susan"]


def test_what_a_suspended_person_says_of_themselves_is_not_shown(program, john):
    john.update_profile("john", "secret")
    assert program.get("/api/users/john").json["about_me"] == "secret"

    User.update(suspended_at=User.created_at).where(User.id == john.id).execute()

    assert program.get("/api/users/john").json["about_me"] == ""


def test_one_export_at_a_time(program, susan):
    Task.create(name="export_posts", description="Exporting posts...", user=susan)

    assert program.post("/api/exports").status_code == 409


def test_an_export_is_asked_for_watched_and_fetched(program, posts):
    asked = program.post("/api/exports")
    watched = program.get(asked.headers["Location"])
    fetched = program.get(watched.json["file"])

    assert (watched.json["state"], watched.json["progress"]) == ("succeeded", 100)
    assert watched.json["result"]["posts"] == 7
    assert [post["body"] for post in fetched.json["posts"]] == list("1234567")

    assert program.delete(f"{asked.headers['Location']}/file").status_code == 204
    assert program.get(watched.json["file"]).status_code == 404


def test_a_waiting_export_can_be_cancelled_and_its_file_is_not_there(program, susan):
    task = Task.create(name="export_posts", description="Exporting posts...", user=susan)

    assert program.get(f"/api/exports/{task.id}/file").status_code == 404
    assert program.delete(f"/api/exports/{task.id}/file").status_code == 409
    assert program.post(f"/api/tasks/{task.id}/retry").status_code == 409
    assert program.post(f"/api/exports/{task.id}/cancel").json["state"] == "cancelled"


def test_what_this_version_knows_no_job_for_cannot_be_tried_again(program, susan):
    task = Task.create(name="of_a_newer_version", description="x", user=susan)
    task.fail("broken")

    assert program.post(f"/api/tasks/{task.id}/retry").status_code == 409


def test_somebody_elses_post_cannot_be_deleted(program, john, write_posts):
    [post] = write_posts(john, "john's")

    assert program.delete(f"/api/posts/{post.id}").status_code == 403
    assert Post.get_by_id(post.id)


def test_an_administrator_follows_nobody_across_a_block(program_of, john):
    admin = make_user("boss", is_admin=True)
    Block.add(john, admin)
    program = program_of(admin)

    assert program.get("/api/users/john").status_code == 200
    assert program.put("/api/users/me/following/john").status_code == 409
    assert program.post("/api/messages", json={"recipient": "john", "body": "x"}).status_code == 403


def test_a_suspended_person_tells_nothing_and_cannot_be_followed_or_written_to(program, john):
    john.update_profile("john", "Where I live")
    john.suspend()

    assert program.get("/api/users/john").json["about_me"] == ""
    for people in "followers", "following":
        assert program.get(f"/api/users/john/{people}").status_code == 404
    assert program.put("/api/users/me/following/john").status_code == 409
    assert program.post("/api/messages", json={"recipient": "john", "body": "x"}).status_code == 403


def test_threads_tell_who_is_at_the_other_end_and_what_is_unread(program, susan, john):
    Message.send(john, susan, "one")
    Message.send(susan, john, "two")

    [thread] = program.get("/api/threads").json

    assert (thread["user"]["username"], thread["unread"]) == ("john", 1)
    assert (thread["newest"]["body"], thread["newest"]["sender_id"]) == ("two", str(susan.id))
    assert bodies(program.get("/api/users/john/messages")) == ["two", "one"]


def test_a_program_marks_one_message_and_no_other(program, susan, john):
    _one, two = [Message.send(john, susan, body) for body in ("one", "two")]

    program.put(f"/api/messages/{two.id}/read")

    assert [message["read_at"] is None for message in program.get("/api/messages").json] == [False, True]


def test_a_program_deletes_one_side_of_a_thread(program, program_of, susan, john):
    Message.send(john, susan, "one")

    for _ in range(2):
        assert program.delete("/api/users/john/messages").status_code == 204

    assert program.get("/api/threads").json == program.get("/api/messages").json == []
    assert bodies(program_of(john).get("/api/users/susan/messages")) == ["one"]


def test_messages_of_a_blocked_person_are_hidden_and_come_back(program, susan, john):
    Message.send(john, susan, "one")
    Block.add(susan, john)
    assert program.get("/api/threads").json == program.get("/api/users/john/messages").json == []

    Block.remove(susan, john)
    assert bodies(program.get("/api/users/john/messages")) == ["one"]

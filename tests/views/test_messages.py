import re

import pytest

from microblog.models import Block, Message, Notification, User

HUGE = "9" * 5000


def bodies(response):
    return re.findall(r'class="e-content"[^>]*>(.*?)</p>', response.text, re.S)


def test_a_message_reaches_the_inbox_of_one_and_the_sent_ones_of_the_other(browser, sign_in, john):
    response = browser.post_form("/send_message/john", message="Hello <john>")

    assert (response.status_code, response.location) == (302, "/user/john")
    assert "Your message is sent." in browser.get("/user/john").text
    assert bodies(browser.get("/messages/sent")) == ["Hello &lt;john&gt;"]
    assert bodies(browser.get("/messages")) == []
    assert bodies(sign_in(john).get("/messages")) == ["Hello &lt;john&gt;"]


def test_nobody_reads_what_two_others_write(browser, john):
    third = User.register("third", "third@example.org", "hash")
    Message.send(john, third, "between us")

    assert bodies(browser.get("/messages")) == bodies(browser.get("/messages/sent")) == []


def test_the_badge_and_the_title_count_the_unread(browser, susan, john):
    assert re.search(r'class="badge" data-unread hidden', browser.get("/").text)
    Message.send(john, susan, "one")
    Message.send(john, susan, "two")

    page = browser.get("/explore").text
    assert "<title>(2) Explore · Microblog</title>" in page
    assert re.search(r'class="badge" data-unread>.*<span>2</span>', page)


def test_looking_at_the_inbox_marks_nothing_as_read(browser, susan, john):
    Message.send(john, susan, "one")

    for _ in range(2):
        page = browser.get("/messages").text
        assert "data-new" in page
        assert "Mark as read" in page


def test_the_button_marks_what_the_page_showed_as_read(browser, susan, john):
    for body in ("one", "two"):
        Message.send(john, susan, body)
    form = dict(re.findall(r'name="(oldest|newest)" value="(\d+)"', browser.get("/messages").text))
    Message.send(john, susan, "came meanwhile")

    response = browser.post_form("/messages/read", **form)

    assert (response.status_code, response.location) == (302, "/messages")
    assert [message.body for message in Message.inbox(susan) if not message.read_at] == ["came meanwhile"]
    [news] = Notification.since(susan, 0)
    assert news.data == 1


def test_the_button_leads_back_to_the_page_it_stood_on(browser, susan, john):
    messages = [Message.send(john, susan, "hello") for _ in range(30)]
    second = f"/messages?before={messages[5].id}"

    main = browser.get(second).text.partition("<footer")[0]
    form = dict(re.findall(r'type="hidden" name="(oldest|newest|next)" value="([^"]+)"', main))

    assert browser.post_form("/messages/read", **form).location == second
    form["next"] = "//evil.example"
    assert browser.post_form("/messages/read", **form).location == "/messages"


def test_somebody_elses_messages_stay_unread(browser, susan, john, sign_in):
    message = Message.send(susan, john, "one")

    browser.post_form("/messages/read", oldest=0, newest=message.id)

    assert Message.inbox(john).first().read_at is None


@pytest.mark.parametrize(
    "fields",
    [{}, {"oldest": "x", "newest": "1"}, {"oldest": HUGE, "newest": HUGE}, {"oldest": -1, "newest": 2**63}],
)
def test_marking_something_else_than_ids_is_refused(browser, fields):
    assert browser.post_form("/messages/read", **fields).status_code == 400


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("x" * 141, "1 character too many"),
        ("x" * 5000, "4860 characters too many"),
        ("", "Write something first."),
        (" \x00\u202e ", "None of these characters can be seen."),
    ],
)
def test_a_message_that_cannot_be_sent_says_why_and_keeps_what_was_typed(browser, john, typed, words):
    response = browser.post_form("/send_message/john", message=typed)

    assert response.status_code == 422
    assert words in response.text
    assert re.search(r"<textarea[^>]*>(.*?)</textarea>", response.text).group(1) == typed.strip(" \x00\u202e")
    assert Message.select().count() == 0


@pytest.mark.parametrize(
    ("raw", "shown"), [(b"a%00b", "ab"), (b"a%E2%80%AEb", "ab"), (b"a%ED%A0%80b", "a%ED%A0%80b")]
)
def test_hostile_characters_do_no_harm(browser, john, raw, shown):
    token = browser.csrf_token

    response = browser.post(
        "/send_message/john",
        data=b"message=" + raw + b"&csrf_token=" + token.encode(),
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 302
    assert bodies(browser.get("/messages/sent")) == [shown]


def test_across_a_block_the_typed_text_is_kept_and_the_reason_told(browser, susan, john):
    Block.add(john, susan)

    response = browser.post_form("/send_message/john", message="Why?")

    assert response.status_code == 403
    assert "cannot write to each other" in response.text
    assert ">Why?</textarea>" in response.text
    assert Message.select().count() == 0


def test_a_text_to_nobody_is_shown_to_be_copied(browser):
    response = browser.post_form("/send_message/nobody", message="Are you there?")

    assert response.status_code == 404
    assert "Are you there?" in response.text


def test_signed_out_a_typed_message_is_not_lost(client, john):
    response = client.post_form("/send_message/john", message="Dear John")

    assert response.status_code == 401
    assert "Dear John" in response.text


@pytest.mark.parametrize("path", ["/messages", "/messages/sent", "/send_message/john"])
def test_messages_need_somebody_signed_in(client, john, path):
    assert client.get(path).location == f"/auth/login?next={path}"


def test_marking_needs_somebody_signed_in_and_a_post(client, browser):
    assert client.post_form("/messages/read", oldest=1, newest=1).location == "/auth/login"
    assert browser.get("/messages/read").status_code == 405


def test_messages_cannot_be_posted_to_the_boxes(browser, john):
    assert browser.post_form("/messages").status_code == 405
    assert browser.post_form("/messages/sent").status_code == 405
    assert browser.get("/send_message/nobody").status_code == 404


def test_the_inbox_is_read_in_pages(browser, susan, john):
    for number in range(60):
        Message.send(john, susan, f"message {number}")

    first = browser.get("/messages")
    older = re.search(r'rel="next" href="([^"]+)"', first.text).group(1)
    second = browser.get(f"/messages{older}")
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text).group(1)

    assert bodies(first) == [f"message {number}" for number in range(59, 34, -1)]
    assert bodies(second) == [f"message {number}" for number in range(34, 9, -1)]
    assert bodies(browser.get(f"/messages{newer}")) == bodies(first)


@pytest.mark.parametrize("box", ["/messages", "/messages/sent"])
@pytest.mark.parametrize("cursor", ["0", "1", HUGE, str(2**63 - 1), "-1", "x", "%00", "1e9", "٣"])
def test_any_cursor_gets_an_answer(browser, susan, john, box, cursor):
    Message.send(john, susan, "one")

    for name in ("before", "after"):
        assert browser.get(f"{box}?{name}={cursor}").status_code == 200


@pytest.mark.parametrize("path", ["/messages", "/messages/sent"])
def test_a_page_of_messages_takes_at_most_five_queries_besides_the_sessions(
    browser, susan, john, queries, path
):
    for _ in range(30):
        Message.send(john, susan, "to her")
        Message.send(susan, john, "to him")
    queries.clear()

    browser.get(path)

    assert len(queries) <= 6


def test_who_answers_sees_the_message_that_they_answer(browser, susan, john):
    assert "<ol" not in browser.get("/send_message/john").text
    Message.send(john, susan, "An old question")
    Message.send(john, susan, "Are you there?")
    Message.send(susan, john, "Yes.")

    page = browser.get("/send_message/john").text

    assert "Are you there?" in page
    assert "An old question" not in page
    assert "Yes." not in page


def test_the_page_of_a_blocked_person_shows_no_message_of_theirs(browser, susan, john):
    Message.send(john, susan, "Are you there?")
    Block.add(susan, john)

    assert "Are you there?" not in browser.get("/send_message/john").text

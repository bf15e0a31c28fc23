import re

import pytest

from microblog.base import clock
from microblog.models import Block, Message, Notification, User
from microblog.models.news import unread_and_cursor

HUGE = "9" * 5000


def bodies(response):
    return re.findall(r'class="e-content"[^>]*>(.*?)</p>', response.text, re.S)


def form_on(page):
    """The fields of the button *Mark as read*."""
    main = page.text.partition("<main")[2].partition("<footer")[0]
    return dict(re.findall(r'type="hidden" name="(newest|next)" value="([^"]+)"', main))


def test_a_message_stands_in_the_thread_of_both_where_its_writer_stays(browser, sign_in, john):
    response = browser.post_form("/send_message/john", message="Hello <john>")

    assert (response.status_code, response.location) == (302, "/messages/john")
    page = browser.get("/messages/john")
    assert "Your message is sent." in page.text
    assert re.search(r"<textarea[^>]* autofocus", page.text)
    assert bodies(page) == bodies(sign_in(john).get("/messages/susan")) == ["Hello &lt;john&gt;"]
    assert not re.search(r"<textarea[^>]* autofocus", browser.get("/messages/john").text)


def test_the_people_come_newest_first_with_the_last_line_and_what_is_unread(browser, susan, john):
    third = User.register("third", "third@example.org", "hash")
    for sender, recipient, body in [
        (third, susan, "<hello>"),
        (third, susan, "two\nlines"),
        (john, susan, "one"),
        (susan, john, "mine"),
    ]:
        Message.send(sender, recipient, body)

    page = browser.get("/messages").text

    rows = re.findall(
        r'<li class="post whole"( data-new)?>.*?<a href="([^"#]+)#.*?dir="auto">(.*?)</p>', page, re.S
    )
    assert rows == [
        (" data-new", "/messages/john", "You: <bdi>mine</bdi>"),
        (" data-new", "/messages/third", "two…"),
    ]
    assert re.findall(r'<span class="badge"><span.*?</span>(\d+)<', page) == ["1", "2"]


def test_nobody_reads_what_two_others_write(browser, john):
    third = User.register("third", "third@example.org", "hash")
    Message.send(john, third, "between us")

    for path in ("/messages", "/messages/john", "/messages/third"):
        assert "between us" not in browser.get(path).text


def test_the_badge_and_the_title_count_the_unread(browser, susan, john):
    assert re.search(r'class="badge" data-unread="messages" hidden', browser.get("/").text)
    Message.send(john, susan, "one")
    Message.send(john, susan, "two")

    page = browser.get("/explore").text
    assert "<title>(2) Explore · Microblog</title>" in page
    assert re.search(r'class="badge" data-unread="messages">.*<span>2</span>', page)


def test_what_is_counted_no_further_is_not_told_as_a_number(browser, susan, john):
    row = {"sender": john, "recipient": susan, "body": "hello", "timestamp": clock.now()}
    Message.insert_many([row] * 1100).execute()

    page = browser.get("/messages").text

    assert "<title>(999+) Messages" in page
    assert re.findall(r'class="badge".*?(\d+\+?)</span>', page) == ["0", "999+", "999+"]


def test_looking_at_a_thread_marks_nothing_as_read(browser, susan, john):
    Message.send(john, susan, "one")

    for _ in range(2):
        page = browser.get("/messages/john").text
        assert "data-new" in page
        assert "Mark as read" in page


def test_the_button_marks_what_the_page_showed_as_read(browser, susan, john):
    third = User.register("third", "third@example.org", "hash")
    Message.send(john, susan, "one")
    Message.send(third, susan, "of somebody else")
    Message.send(john, susan, "two")
    form = form_on(browser.get("/messages/john"))
    Message.send(john, susan, "came meanwhile")

    response = browser.post_form("/messages/john/read", **form)

    assert (response.status_code, response.location) == (302, "/messages/john")
    unread = [message.body for message in Message.inbox(susan) if not message.read_at]
    assert unread == ["came meanwhile", "of somebody else"]
    [news] = Notification.since(susan, 0)
    assert news.data == 2


def test_what_one_wrote_oneself_is_not_unread(browser, susan, john):
    Message.send(susan, john, "one")

    page = browser.get("/messages/john").text

    assert "Mark as read" not in page
    assert " data-new>" not in page


def test_the_button_leads_back_to_the_page_it_stood_on(browser, susan, john):
    messages = [Message.send(john, susan, "hello") for _ in range(30)]
    older = f"/messages/john?before={messages[5].id}"

    form = form_on(browser.get(older))

    assert browser.post_form("/messages/john/read", **form).location == older
    assert unread_and_cursor(susan)[0] == 25
    form["next"] = "//evil.example"
    assert browser.post_form("/messages/john/read", **form).location == "/messages/john"


def test_somebody_elses_messages_stay_unread(browser, susan, john, sign_in):
    message = Message.send(susan, john, "one")

    browser.post_form("/messages/john/read", newest=message.id)

    assert Message.inbox(john).first().read_at is None


@pytest.mark.parametrize("act", ["read", "delete"])
@pytest.mark.parametrize("fields", [{}, {"newest": "x"}, {"newest": HUGE}, {"newest": -1}, {"newest": 2**63}])
def test_what_is_no_id_is_refused(browser, susan, john, act, fields):
    Message.send(john, susan, "one")

    assert browser.post_form(f"/messages/john/{act}", **fields).status_code == 400
    assert unread_and_cursor(susan)[0] == 1


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
    assert bodies(browser.get("/messages/john")) == [shown]


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


@pytest.mark.parametrize(
    "path", ["/messages", "/messages/john", "/messages/john/delete", "/send_message/john"]
)
def test_messages_need_somebody_signed_in(client, john, path):
    assert client.get(path).location == f"/auth/login?next={path}"


def test_acts_need_somebody_signed_in_and_a_post(client, browser, john):
    for act in ("read", "delete"):
        assert client.post_form(f"/messages/john/{act}", newest=1).location == "/auth/login"
    assert browser.get("/messages/john/read").status_code == 405
    assert browser.post_form("/messages").status_code == 405
    assert browser.post_form("/messages/john").status_code == 405


def test_there_is_no_thread_with_nobody(browser, john):
    for path in ("/messages/nobody", "/send_message/nobody", "/messages/nobody/delete"):
        assert browser.get(path).status_code == 404
    assert browser.post_form("/messages/nobody/read", newest=1).status_code == 404
    assert browser.post_form("/messages/nobody/delete", newest=1).status_code == 404
    assert browser.get("/messages/john/delete").status_code == 404, "nothing to delete"


def test_former_addresses_lead_on(browser, john):
    assert browser.get("/send_message/John").location == "/messages/john#message"
    assert browser.get("/messages/sent").location == "/messages"


def test_nobody_is_named_like_a_page_but_who_was_before(browser, susan, sign_in):
    for name in ("sent", "read", "Sent"):
        assert browser.post_form("/edit_profile", username=name).status_code == 422
    for name in ("sent", "read"):
        other = User.register(name, f"{name}@example.org", "hash")
        Message.send(other, susan, f"of {name}")

        page = browser.get(f"/messages/{name}")
        assert bodies(page) == [f"of {name}"]
        assert browser.post_form(f"/messages/{name}/read", **form_on(page)).location == f"/messages/{name}"
        assert browser.post_form(f"/send_message/{name}", message="hello").location == f"/messages/{name}"
        theirs = sign_in(other).post_form("/edit_profile", username=name, about_me="still here")
        assert theirs.location == f"/user/{name}"
    assert unread_and_cursor(susan)[0] == 0


def test_a_thread_is_read_upwards_in_pages(browser, susan, john):
    for number in range(60):
        Message.send(*((john, susan) if number % 2 else (susan, john)), f"message {number}")

    newest = browser.get("/messages/john")
    older = re.search(r'rel="next" href="([^"]+)"', newest.text).group(1)
    second = browser.get(older)
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text).group(1)

    assert bodies(newest) == [f"message {number}" for number in range(35, 60)]
    assert bodies(second) == [f"message {number}" for number in range(10, 35)]
    assert bodies(browser.get(newer)) == bodies(newest)
    assert ["<textarea" in page.text for page in (newest, second)] == [True, False]


def test_the_people_are_read_in_pages(browser, susan):
    for number in range(30):
        other = User.register(f"other{number}", f"{number}@example.org", "hash")
        Message.send(other, susan, "hello")

    first = browser.get("/messages")
    second = browser.get("/messages" + re.search(r'rel="next" href="([^"]+)"', first.text).group(1))
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text).group(1)

    def names(page):
        return re.findall(r'href="/messages/(\w+)#', page.text)

    assert names(first) == [f"other{number}" for number in range(29, 4, -1)]
    assert names(second) == [f"other{number}" for number in range(4, -1, -1)]
    assert names(browser.get(f"/messages{newer}")) == names(first)


@pytest.mark.parametrize("path", ["/messages", "/messages/john"])
@pytest.mark.parametrize("cursor", ["0", "1", HUGE, str(2**63 - 1), "-1", "x", "%00", "1e9", "٣"])
def test_any_cursor_gets_an_answer(browser, susan, john, path, cursor):
    Message.send(john, susan, "one")

    for name in ("before", "after"):
        assert browser.get(f"{path}?{name}={cursor}").status_code == 200


@pytest.mark.parametrize("path", ["/messages", "/messages/john"])
def test_a_page_of_messages_takes_at_most_five_queries_besides_the_sessions(
    browser, susan, john, queries, path
):
    for number in range(30):
        Message.send(john, susan, "to her")
        Message.send(susan, john, "to him")
        Message.send(User.register(f"other{number}", f"{number}@example.org", "hash"), susan, "hello")
    queries.clear()

    browser.get(path)

    assert len(queries) <= 6


# Deleting


def test_deleting_asks_first_and_says_whose_side(browser, susan, john, sign_in):
    Message.send(john, susan, "one")
    Message.send(susan, john, "two")

    assert '"/messages/john/delete" data-dialog' in browser.get("/messages/john").text
    asked = browser.get("/messages/john/delete")
    assert "john keeps it" in asked.text
    response = browser.post_form("/messages/john/delete", **form_on(asked))

    assert response.location == "/messages"
    assert "The messages are deleted." in browser.get("/messages").text
    assert bodies(browser.get("/messages/john")) == []
    assert "/messages/john" not in browser.get("/messages").text
    assert bodies(sign_in(john).get("/messages/susan")) == ["one", "two"]


def test_the_unread_ones_that_are_deleted_leave_the_badge(browser, susan, john):
    message = Message.send(john, susan, "one")

    browser.post_form("/messages/john/delete", newest=message.id)

    assert 'data-unread="messages" hidden' in browser.get("/").text
    [news] = Notification.since(susan, 0)
    assert news.data == 0


# Across a block, and with the suspended


def test_a_thread_across_a_block_is_kept_by_who_is_blocked_and_hidden_from_who_blocks(
    browser, susan, john, sign_in
):
    Message.send(john, susan, "hear me")
    Message.send(susan, john, "no")
    Block.add(susan, john)
    his = sign_in(john)

    for reader, path in ((browser, "/messages/john"), (his, "/messages/susan")):
        page = reader.get(path)
        assert "cannot write to each other" in page.text
        assert "<textarea" not in page.text
        assert bodies(page) == ([] if reader is browser else ["hear me", "no"])
    assert "/messages/john" not in browser.get("/messages").text
    assert 'href="/messages/susan#' in his.get("/messages").text


def test_a_thread_with_a_suspended_person_can_be_read_and_not_written_to(browser, susan, john):
    Message.send(john, susan, "hello")
    john.suspend()

    page = browser.get("/messages/john")

    assert bodies(page) == ["hello"]
    assert "This account is suspended." in page.text
    assert "<textarea" not in page.text
    assert 'href="/messages/john#' in browser.get("/messages").text

"""Every form with a text that is sent: its text arrives once, however often the form does."""

import re

import pytest

from microblog.models import Message, Post

PAGES = {"post": ("/", {}), "answer": ("/post/{post}", {}), "message": ("/messages/john", {})}


@pytest.fixture
def forms(browser, john, write_posts):
    """A function that returns the action and the fields of the composer on the page of that kind."""
    [post] = write_posts(john, "first")

    def composer(kind):
        page = browser.get(PAGES[kind][0].format(post=post.id)).text
        form = re.search(r'<form class="composer".*?</form>', page, re.S).group()
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', form))
        [name] = re.findall(r'<textarea[^>]* name="(\w+)"', form)
        return re.search(r'action="([^"]+)"', form).group(1), fields, name

    return composer


def written():
    return [row.body for model in (Post, Message) for row in model.select() if row.body != "first"]


@pytest.mark.parametrize("kind", PAGES)
def test_the_same_form_sent_twice_arrives_once_and_leads_to_the_same_page(browser, forms, kind):
    action, fields, name = forms(kind)

    first, second = [browser.post_form(action, **fields, **{name: "hello"}) for _ in range(2)]

    assert first.status_code == second.status_code == 302
    assert written() == ["hello"]
    shown = [browser.get(answer.location, follow_redirects=True) for answer in (second, first)]
    assert all("hello" in page.text for page in shown)


@pytest.mark.parametrize("kind", PAGES)
def test_another_text_another_form_and_no_token_are_no_repetition(browser, forms, kind):
    action, fields, name = forms(kind)
    other, without = forms(kind)[1], {key: value for key, value in fields.items() if key != "once"}

    for sent, text in [(fields, "one"), (fields, "two"), (other, "one"), (without, "one"), (without, "one")]:
        assert browser.post_form(action, **sent, **{name: text}).status_code == 302

    assert sorted(written()) == ["one", "one", "one", "one", "two"]


@pytest.mark.parametrize("kind", PAGES)
def test_a_form_that_was_refused_is_not_taken_for_sent(browser, forms, kind):
    action, fields, name = forms(kind)
    assert browser.post_form(action, **fields, **{name: "x" * 141}).status_code == 422

    assert browser.post_form(action, **fields, **{name: "hello"}).status_code == 302
    assert written() == ["hello"]


def test_every_field_that_is_kept_as_a_draft_has_a_form_with_a_token(forms, browser):
    for kind in PAGES:
        assert "once" in forms(kind)[1]
    assert 'autocomplete="off"' in browser.get("/").text

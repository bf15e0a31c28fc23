"""Cards on names, messages and their badge, as a person sees them; and the same without script."""

import pytest
from playwright.sync_api import expect

from microblog.models import Follow, Message, Post, Session
from microblog.models.news import unread_and_cursor
from tests.conftest import PASSWORD
from tests.end_to_end.browsing import DESKTOP, NARROW, PHONE, RULES, Watcher, needs_browser, violations
from tests.end_to_end.running_site import wait_until

pytestmark = [needs_browser, pytest.mark.browser]


@pytest.fixture
def url(world):
    """The URL of the site, served as an operator would."""
    return world.start_web()


@pytest.fixture
def open_home(browser, url, susan):
    """A function that returns a page on which susan or somebody else is signed in, and its watcher."""
    contexts = []

    def open_home(username="susan", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        watcher = Watcher(page, url)
        page.goto(f"{url}/auth/login")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main button").click()
        page.wait_for_url(f"{url}/")
        return page, watcher

    yield open_home
    for context in contexts:
        context.close()


def test_a_card_opens_on_a_name_and_follows(open_home, susan, john, write_posts):
    john.update_profile("john", "<b>Bold</b> and https://example.org")
    write_posts(john, "hello")
    page, watcher = open_home(viewport=DESKTOP)
    page.goto(page.url + "explore")

    page.hover(".post a[data-person]")
    card = page.locator(".card")
    card.wait_for()
    assert "<b>Bold</b>" in card.inner_text()
    assert "0 followers · 0 following" in card.inner_text()
    page.keyboard.press("Escape")
    card.wait_for(state="detached")

    page.mouse.move(0, 0)
    page.hover(".post a[data-person]")
    card.get_by_role("button", name="Follow").click()
    page.get_by_text("You are following john now.").wait_for()
    assert page.url.endswith("/explore")
    assert Follow.select().count() == 1
    assert watcher.faults == []


def test_a_message_comes_into_badge_and_title_and_leaves_them_when_it_was_seen(open_home, susan, john):
    page, watcher = open_home(viewport=PHONE, color_scheme="dark")
    expect(page).to_have_title("Home · Microblog")

    Message.send(john, susan, "Are you there?")
    page.locator(".badge").filter(has_text="1").wait_for()
    expect(page).to_have_title("(1) Home · Microblog")

    page.get_by_role("link", name="Messages").click()
    page.get_by_role("link", name="john").click()
    page.get_by_text("Are you there?").wait_for()
    page.locator("nav [data-unread=messages]").wait_for(state="hidden")
    wait_until(lambda: unread_and_cursor(susan)[0] == 0)
    expect(page).to_have_title("john · Messages · Microblog")
    assert page.get_by_text("Mark as read").count() == 0

    field = page.get_by_label("Message")
    field.fill("I am begin")
    Message.send(john, susan, "Say something!")
    page.get_by_role("log").get_by_text("Say something!").wait_for()
    wait_until(lambda: unread_and_cursor(susan)[0] == 0)
    expect(field).to_have_value("I am begin")
    field.fill("I am here.")
    field.press("Control+Enter")
    page.get_by_role("log").get_by_text("I am here.").wait_for()
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    assert page.locator(".post").count() == 3
    assert page.url.endswith("/messages/john")
    assert watcher.faults == []


def test_two_people_talk_by_keyboard_alone(open_home, susan, john):
    susans, susans_watcher = open_home(viewport=PHONE, color_scheme="dark")
    say(susans, "n", "Who brings #bread, @john?")
    susans.locator(".post", has_text="Who brings").wait_for()

    johns, johns_watcher = open_home("john", viewport=NARROW, color_scheme="dark")
    expect(johns).to_have_title("(1) Home · Microblog")
    read_newest(johns, "susan mentions you")
    tab_to(johns, "Like")
    johns.get_by_text("john likes this").wait_for()
    johns.locator("main").focus()
    say(johns, "r", "I do.")
    johns.locator(".post[aria-current]", has_text="I do.").wait_for()
    assert violations(johns, RULES) == []

    susans.locator("[data-unread=news]", has_text="2").wait_for()
    read_newest(susans, "john answers you")
    susans.get_by_text("I do.").wait_for()
    tab_to(susans, "john")
    susans.wait_for_url("**/user/john")
    tab_to(susans, "Send a message")
    susans.wait_for_url("**/messages/john#message")
    say(susans, None, "Come at six.")
    susans.get_by_role("log").get_by_text("Come at six.").wait_for()

    johns.locator("[data-unread=messages]", has_text="1").wait_for()
    tab_to(johns, "Messages")
    johns.wait_for_url("**/messages")
    step_into(johns)
    johns.get_by_role("log").get_by_text("Come at six.").wait_for()
    assert violations(johns, RULES) == []
    assert susans_watcher.faults == johns_watcher.faults == []


def say(page, key, text):
    """Press *key*, which leads to where one writes, unless one is there, and send *text*."""
    if key:
        page.keyboard.press(key)
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")


def read_newest(page, line):
    """Look at the news, of which *line* is the newest, and open what it is about."""
    page.keyboard.press("w")
    page.wait_for_url("**/news")
    expect(page.locator(".post").first).to_contain_text(line)
    step_into(page)
    page.wait_for_url("**/post/*")


def step_into(page):
    page.keyboard.press("j")
    expect(page.locator(".post a:focus")).to_have_count(1)
    page.keyboard.press("Enter")


def tab_to(page, name):
    """Go on by Tab to what is called *name*, and press it."""
    focused = page.locator(":focus")
    for _step in range(40):
        page.keyboard.press("Tab")
        if focused.inner_text().startswith(name):
            return page.keyboard.press("Enter")
    raise AssertionError(f"Tab does not lead to {name}")


def test_all_of_it_works_without_script(open_home, susan, john, write_posts):
    write_posts(john, "hello")
    Message.send(john, susan, "Are you there?")
    page, _watcher = open_home(java_script_enabled=False)
    base = page.url

    expect(page).to_have_title("(1) Home · Microblog")
    page.goto(f"{base}messages")
    page.get_by_role("link", name="john").click()
    page.get_by_role("button", name="Mark as read").click()
    expect(page).to_have_title("john · Messages · Microblog")

    page.goto(f"{base}explore")
    page.get_by_role("link", name="john").click()
    page.get_by_role("button", name="Follow").click()
    page.get_by_role("link", name="Send a message").click()
    page.get_by_label("Message").fill("Yes.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Message")).to_be_focused()
    page.get_by_role("link", name="john", exact=True).first.click()
    page.get_by_role("link", name="Block").click()
    page.get_by_role("button", name="Block").click()
    page.get_by_role("button", name="Unblock").click()

    page.goto(base)
    page.get_by_role("textbox", name="What is happening?").fill("Mine")
    page.get_by_role("button", name="Post").click()
    page.locator(".post summary").click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    assert [post.body for post in Post.select()] == ["hello"]
    assert [message.body for message in Message.sent(susan)] == ["Yes."]


def test_a_message_keeps_its_draft_until_it_is_sent(open_home, john):
    page, watcher = open_home(viewport=DESKTOP)
    path = f"{page.url}messages/john"
    page.goto(path)
    field, left = page.get_by_label("Message"), page.locator("output")
    field.fill("Half a sent" * 10)
    expect(left).to_have_text("30")
    page.reload()
    expect(field).to_have_value("Half a sent" * 10)

    page.get_by_role("button", name="Send").click()
    page.get_by_text("Your message is sent.").wait_for()
    page.goto(path)
    expect(left).to_have_text("")
    assert field.input_value() == ""
    assert watcher.faults == []


@pytest.mark.asvs("14.3.1")
def test_a_draft_is_gone_from_the_browser_after_signing_out(open_home):
    page, _watcher = open_home(viewport=DESKTOP)
    page.get_by_label("What is happening?").fill("Half a sent")
    kept = "Object.values(sessionStorage).join()"
    wait_until(lambda: "Half a sent" in page.evaluate(kept))

    page.locator("summary", has_text="You").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Password").wait_for()

    assert page.evaluate(kept) == ""


def test_whoever_is_asked_for_the_password_again_goes_on_with_what_was_typed(open_home):
    page, watcher = open_home(viewport=PHONE)
    page.goto(f"{watcher.url}/account/tokens")
    page.get_by_label("What is it for?").fill("Backup at home")
    page.get_by_label("It can only read").check()
    Session.update(password_confirmed_at=None).execute()

    page.get_by_role("button", name="Make a token").click()
    page.get_by_role("heading", name="Confirm your password").wait_for()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    page.get_by_label("The new token.").wait_for()
    assert "Backup at home" in page.locator(".log").inner_text()
    assert "can only read" in page.locator(".log").inner_text()
    # The answer that asks is an error to the browser, as it is to programs.
    assert [fault for fault in watcher.faults if "401" not in str(fault)] == []


def stop(page, press):
    """Press, and stop loading before the site has heard of it."""
    page.route("**", lambda route: None if route.request.method == "POST" else route.continue_())
    with page.expect_request(lambda request: request.method == "POST"):
        press()
    page.context.new_cdp_session(page).send("Page.stopLoading")


def lose_the_answer(page, press):
    """Press, and let the site do what was asked; its answer does not arrive, and the page stays."""

    def drop(route):
        if route.request.method != "POST":
            return route.continue_()
        assert route.fetch(max_redirects=0).status == 302
        return route.fulfill(status=204)

    page.route("**", drop)
    with page.expect_response(lambda answer: answer.status == 204):
        press()


# The script has taken note that it was sent.
NOTHING_KEPT = "Object.entries(sessionStorage).every(([key, kept]) => !key.startsWith('draft:') || !kept)"
FAULTS = {"stopped": stop, "answered in vain": lose_the_answer}


def test_what_was_sent_comes_neither_back_nor_twice(open_home, susan, john, write_posts):
    """Whatever becomes of the first attempt; by Back, a reload, a second press, or in a copy of the tab."""
    page, _watcher = open_home(viewport=DESKTOP)
    page.set_default_timeout(8000)
    home, [first] = page.url, write_posts(john, "first")
    field, send = page.locator("[data-composer] textarea"), page.locator("[data-composer] .go")
    texts = []
    for path in ("", f"post/{first.id}", "messages/john"):
        for fault, happen in FAULTS.items():
            texts.append(f"{path or 'home'}, {fault}")
            page.goto(home + path)
            field.fill(texts[-1])
            happen(page, lambda: send.click(no_wait_after=True))
            expect(field).to_have_value(texts[-1])
            page.unroute("**")

            send.dblclick(no_wait_after=True)

            page.locator(".toast").first.wait_for()
            page.wait_for_function(NOTHING_KEPT)
            page.reload()
            page.goto(f"{home}explore")
            page.go_back()
            expect(field).to_have_value("")
    posts = [post.body for post in Post.select().where(Post.author == susan).order_by(Post.id)]
    assert [*posts, *(message.body for message in Message.select().order_by(Message.id))] == texts

    page.goto(home)
    field.fill("in two tabs")
    copy, other = [copy_of(page) for _ in range(2)]
    for text in ("in two tabs", "one more"):
        field.fill(text)
        send.click()
        page.locator(".post", has_text=text).wait_for()
        page.wait_for_function(NOTHING_KEPT)
    other.reload()
    expect(other.locator("[data-composer] textarea")).to_have_value("")
    copy.locator("[data-composer] .go").click()
    copy.get_by_text("Posted.").wait_for()
    assert Post.select().where(Post.body == "in two tabs").count() == 1


def copy_of(page):
    """A copy of the tab, with the draft that is in it."""
    with page.expect_popup() as opened:
        page.evaluate("open('/')")
    expect(opened.value.locator("[data-composer] textarea")).to_have_value("in two tabs")
    return opened.value


def test_what_was_not_sent_stays(open_home):
    page, _watcher = open_home(viewport=DESKTOP)
    home, field = page.url, page.get_by_label("What is happening?")

    field.fill("unsent")
    page.goto(f"{home}?text=shared")
    expect(field).to_have_value("unsent\nshared")
    page.reload()
    expect(field).to_have_value("unsent\nshared")

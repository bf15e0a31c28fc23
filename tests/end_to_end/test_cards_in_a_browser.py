"""The cards of tasks in a real browser: what they look like, say and do while the task goes on."""

import random
import re
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

import pytest
from playwright.sync_api import expect

from microblog.base.slices import COUNTED
from microblog.models import Message, Notification, User
from tests.end_to_end.browsing import (
    DESKTOP,
    LAYOUT,
    NARROW,
    PHONE,
    RULES,
    needs_browser,
    violations,
)
from tests.end_to_end.gallery import CARDS, ENDED, HALF, LONGEST
from tests.end_to_end.running_site import wait_until

pytestmark = [needs_browser, pytest.mark.browser]

# Messages and news of the gallery.
UNREAD = 3, 8
RUNNING, ON_ITS_WAY, READY = CARDS["running"], CARDS["mail on its way"], CARDS["ready"]
# A line of text on a card, in pixels.
TEXT = 20
# Of 44 pixels, between two borders.
LINE = 46
LISTEN = """() => {
    window.said = [];
    const hear = (changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) said.push(node.textContent);
    };
    for (const region of document.querySelectorAll("[role=status]"))
        new MutationObserver(hear).observe(region, { childList: true });
}"""
# Keeps in "asks" whether a timer for the next poll is set: only the polls use setTimeout on this page.
WATCH_POLLS = """() => {
    const set = setTimeout;
    window.asks = false;
    window.setTimeout = (ask, pause) => {
        asks = true;
        return set(() => { asks = false; ask(); }, pause);
    };
}"""
# The page's clock does not move this one by itself.
ABORT_BY_CLOCK = """() => {
    AbortSignal.timeout = (pause) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), pause);
        return controller.signal;
    };
}"""
# What a page notices when somebody looks at it, or at another window.
TURN = """(here) => {
    document.hasFocus = () => here;
    dispatchEvent(new Event(here ? "focus" : "blur"));
}"""

# Shows cards in the place of those of the page, where its script does not know of them.
SHOW = """(cards) => {
    const region = document.querySelector(".tasks");
    const all = region.cloneNode();
    all.innerHTML = cards.join("");
    region.replaceWith(all);
}"""
HEIGHTS = "(cards) => cards.map((card) => card.getBoundingClientRect().height)"
# What of a card sticks out of its padding, or is clipped.
OUTSIDE = """(card) => {
    const { left, right } = card.getBoundingClientRect();
    const sticksOut = (box) => box.left < left + 12 || box.right > right;
    return [...card.querySelectorAll("h2, p, progress, button, a")]
        .filter((each) => !each.matches(".ended > p"))
        .filter((each) => sticksOut(each.getBoundingClientRect()) || each.scrollWidth > each.clientWidth + 1)
        .map((each) => each.outerHTML);
}"""


@pytest.fixture
def open_page(site, new_page):
    """A function that opens *path* for susan, with a clock that can be moved forward."""

    def open_page(path="/", **options):
        page = new_page(**{"viewport": DESKTOP, **options})
        page.clock.install()
        page.goto(site.url + path)
        return page

    return open_page


@pytest.fixture
def all_cards(site, new_page):
    """A function that opens a page with a card in each of its states, one below the other."""

    def all_cards(locale="en-GB", **options):
        page = new_page(locale=locale, **options)
        drawn = []
        for name in CARDS:
            site.put_card(name)
            html = page.request.get(f"{site.url}/keys", headers={"Accept-Language": locale}).text()
            drawn += re.findall(r'<article class="task.*?</article>', html, re.DOTALL)
        page.goto(f"{site.url}/keys")
        page.evaluate(SHOW, drawn)
        assert page.locator("[data-task]").count() == len(CARDS)
        return page

    return all_cards


@pytest.fixture
def write_to_susan(site):
    """A function that sends susan a message from john, which is gone after the test."""
    sent = []
    yield lambda text: sent.append(Message.send(User.named("john"), User.named("susan"), text))
    for message in sent:
        message.delete_instance()


@pytest.fixture
def tell_susan(site):
    """A function that tells susan's pages how many messages and news are unread; later the truth again."""
    susan = User.named("susan")

    def tell(messages, news):
        Notification.push(susan, "unread_message_count", messages)
        Notification.push(susan, "unread_news_count", news)

    yield tell
    tell(*UNREAD)


def await_card(page, text, after_s=1):
    """Let the page poll until its card says *text*; once an export has ended, it asks every ten seconds."""
    page.clock.run_for(1_000 * after_s)
    page.locator(".task", has_text=text).wait_for()


def at(percent):
    return {**HALF, "progress": percent}


# What it looks like


def test_a_card_is_accessible_in_each_state(all_cards):
    page = all_cards(viewport=DESKTOP, reduced_motion="reduce")
    faults = violations(page, RULES, ".tasks")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    faults += violations(page, LAYOUT, ".tasks")

    assert faults == []


@pytest.mark.parametrize("locale", ["en-GB", "es-ES", "zh-CN"])
def test_a_card_under_way_is_as_high_in_each_state_and_an_ended_one_is_one_line(all_cards, locale):
    page = all_cards(locale)
    heights, outside = {}, []
    for window in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size(window)
        all_heights = page.locator("[data-task]").evaluate_all(HEIGHTS)
        for name, height, card in zip(CARDS, all_heights, page.locator("[data-task]").all(), strict=True):
            heights[name, window["width"]] = height
            outside += [(name, window["width"], each) for each in card.evaluate(OUTSIDE)]

    assert outside == []
    ended = {name for name, row in CARDS.items() if row["state"] in ENDED}
    under_way = {key: height for key, height in heights.items() if key[0] not in ended}
    # On a phone a text may take a line more.
    for (name, width), height in under_way.items():
        room = 0 if width == DESKTOP["width"] else 2 * TEXT
        assert abs(height - heights["running", width]) <= room, (name, width)
    for name in ended:
        assert (heights[name, DESKTOP["width"]], heights[name, PHONE["width"]]) == (LINE, LINE), name
        # On the narrowest phones a long title takes a line or two more.
        assert heights[name, NARROW["width"]] <= LINE + 2 * TEXT, name


def test_the_longest_reason_is_shown_whole_on_the_page_that_the_card_leads_to(site, new_page):
    site.put_row(**LONGEST)
    page = new_page(viewport=NARROW)
    page.goto(f"{site.url}/keys")
    page.get_by_role("link", name="Your export failed").click()

    assert LONGEST["error"] in page.locator(".facts").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


# What happens to it


@pytest.mark.parametrize("window", [DESKTOP, PHONE, NARROW], ids=["desktop", "phone", "narrow"])
def test_a_card_goes_through_its_states_without_a_reload_and_without_a_jump(site, open_page, window):
    task = site.put_card("waiting")
    page, second = open_page(viewport=window), open_page("/tasks", viewport=window)
    page.evaluate("window.stayed = true")
    composer, history = page.locator("[data-composer]"), second.locator("#history")
    before = places(composer, history)
    states = {
        "starting": "Starting",
        "running": "3,128 of 5,214",
        "mail on its way": "The mail is on its way",
        "mail delayed": "The mail is delayed. The mail server could not be reached.",
        "ready": "Mailed to susan@example.org",
    }
    states_end = {name: CARDS[name]["state"] in ENDED for name in states}
    for name, text in states.items():
        site.turn(task, **CARDS[name])
        for each in (page, second):
            await_card(each, text, after_s=1 if name in ("starting", "running", "mail on its way") else 10)
        if states_end[name]:
            assert above(before, places(composer, history)), name
        else:
            assert places(composer, history) == before, name

    said = page.locator("[data-task]").inner_text()
    assert page.evaluate("window.stayed")
    assert second.locator("[data-task]").inner_text() == said
    page.reload()
    assert page.locator("[data-task]").inner_text() == said


def test_the_shown_progress_is_never_older_than_a_second_and_a_half(site, open_page):
    """By the browser's clock, which moves only when it is told to; network delay comes on top."""
    task = site.put_row(**at(10))
    page = open_page()
    percent = page.locator("[data-task] .percent")
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    page.evaluate(WATCH_POLLS)
    # The minute that was jumped has made the card stale: let the drawing of it pass.
    for step in (11, 12, 13):
        site.turn(task, **at(step))
        wait_until(lambda step=step: page.clock.run_for(1_000) or percent.inner_text() == f"{step}%")

    for step in range(14, 24):
        wait_until(lambda: page.evaluate("asks"))
        site.turn(task, **at(step))
        # A worker reports up to a quarter of a second late.
        page.clock.run_for(1_250)
        expect(percent).to_have_text(f"{step}%")


def above(before, after):
    """Whether all have moved up: an ended card keeps no room."""
    return all(new["y"] < old["y"] for old, new in zip(before, after, strict=True))


def places(*elements):
    """Where *elements* are; one that is being redrawn is nowhere for a moment."""
    found = []

    def all_are_there():
        found[:] = [each.bounding_box() for each in elements]
        return None not in found

    wait_until(all_are_there)
    return found


def test_your_data_follows_the_card(site, open_page):
    task = site.put_card("running")
    page = open_page("/tasks")
    line = page.locator(".log li")
    assert "Exporting" in line.inner_text()
    assert page.get_by_role("button", name="Export your posts").count() == 0

    site.turn(task, **READY)
    await_card(page, "Your export is ready")

    line.get_by_text("5,214 posts").wait_for()
    page.get_by_role("button", name="Export your posts").wait_for()


def test_your_data_follows_the_mail_after_the_export_has_ended(site, open_page):
    task = site.put_card("mail on its way")
    page = open_page("/tasks")
    line = page.locator(".log li")
    assert "The mail is on its way" in line.inner_text()

    site.turn(task, **CARDS["ready without mail"])
    await_card(page, "The mail could not be sent", after_s=10)

    line.get_by_text("The mail could not be sent: The mail server refused the address.").wait_for()
    assert page.locator(".toast").count() == 0


@pytest.mark.parametrize("by", ["a dismissal", "the download", "deleting the file"])
def test_a_card_is_gone_by_whatever_ends_its_use_in_other_tabs_too(site, open_page, by):
    site.put_card("ready")
    page, second = open_page("/tasks"), open_page("/tasks")
    card, line = page.locator("[data-task]"), page.locator(".log")
    acts = {
        "a dismissal": card.get_by_role("button", name="Dismiss"),
        "the download": line.get_by_role("link", name="Download"),
        "deleting the file": line.get_by_role("button", name="Delete file"),
    }

    acts[by].click()
    card.wait_for(state="detached")
    second.clock.run_for(10_000)

    second.locator("[data-task]").wait_for(state="detached")
    if by == "deleting the file":
        second.get_by_role("link", name="Download").wait_for(state="detached")


@pytest.mark.parametrize("path", ["card", "tasks"])
def test_a_request_that_never_ends_does_not_end_the_polling(site, open_page, write_to_susan, path):
    task = site.put_card("running")
    page = open_page("/tasks")
    page.evaluate(ABORT_BY_CLOCK)
    hanging = []
    page.route(f"**/{path}", lambda route: route.continue_() if hanging else hanging.append(route))
    site.turn(task, **READY)
    wait_until(lambda: page.clock.run_for(1_000) or hanging)

    write_to_susan("Still there?")

    wait_until(
        lambda: page.clock.run_for(1_000) or page.title() == f"({sum(UNREAD) + 1}) Your data · Microblog"
    )


def test_the_focus_stays_where_it_was(site, open_page):
    task = site.put_card("waiting")
    page = open_page()
    focused = page.locator(":focus")

    page.get_by_role("button", name="Cancel export").focus()
    site.turn(task, **RUNNING)
    await_card(page, "3,128 of 5,214")
    assert focused.inner_text() == "Cancel export"

    # Once the button is gone the card has the focus, and the keyboard continues from there.
    site.turn(task, **ON_ITS_WAY)
    await_card(page, "Your export is ready")
    assert focused.get_attribute("data-task") == task.id
    page.keyboard.press("Tab")
    assert focused.inner_text() == "Your export is ready"
    page.keyboard.press("Tab")
    assert focused.inner_text() == "Download"

    site.turn(task, **READY)
    await_card(page, "Mailed to", after_s=10)
    assert focused.inner_text() == "Download"


def test_the_focus_is_not_taken_from_who_writes(site, open_page):
    task = site.put_card("running")
    page = open_page()
    page.locator("[name=post]").focus()

    page.keyboard.type("Half a sent")
    site.turn(task, **READY)
    await_card(page, "Your export is ready")
    page.keyboard.type("ence")

    assert page.locator("[name=post]").input_value() == "Half a sentence"


# What it says


def test_progress_is_spoken_at_the_quarters_and_at_the_end(site, open_page):
    task = site.put_row(**at(3))
    first = open_page()
    first.evaluate(LISTEN)
    pages = [first]

    def go_on(fields, text):
        site.turn(task, **fields)
        for page in pages:
            await_card(page, text)

    for percent in (10, 24, 26, 27, 49, 51):
        go_on(at(percent), f"{percent}%")
    second = open_page("/explore")
    second.evaluate(LISTEN)
    pages.append(second)
    for percent in (60, 74, 75, 80):
        go_on(at(percent), f"{percent}%")
    third = open_page("/explore")
    third.reload()
    third.evaluate(LISTEN)
    pages.append(third)
    go_on(ON_ITS_WAY, "Your export is ready")
    for page in pages:
        page.locator(".toast").wait_for()
    site.turn(task, **READY)
    for page in pages:
        await_card(page, "Mailed to", after_s=10)

    end = "Your export is readyDownload✕"
    quarters = [f"Exporting posts… {percent} %" for percent in (25, 50, 75)]
    assert first.evaluate("said") == [*quarters, end]
    assert second.evaluate("said") == [quarters[-1], end]
    assert third.evaluate("said") == [end]
    assert [page.locator("[data-announcer]").inner_text() for page in pages] == ["", "", ""]


@pytest.mark.parametrize("name", ["ready", "failed", "cancelled"])
def test_the_end_is_told_by_a_toast_once_in_each_tab(site, open_page, name):
    task = site.put_card("running")
    page, second = open_page(), open_page("/explore")
    texts = {"ready": "Your export is ready", "failed": "Your export failed"}
    text = texts.get(name, "Your export is cancelled")
    site.turn(task, **CARDS[name])
    for tab in (page, second):
        await_card(tab, text)
        toast = tab.locator(".toast", has_text=text)
        toast.wait_for()
        assert toast.count() == 1
        assert toast.get_by_role("link", name="Download").count() == (name == "ready")

    second.locator(".toast").get_by_role("button", name="Dismiss").click()
    assert second.locator(".toast").count() == 0
    page.clock.run_for(11_000)
    page.locator(".toast").wait_for(state="detached")
    page.reload()
    assert page.locator(".task", has_text=text).count() == 1
    assert page.locator(".toast").count() == 0


class Person:
    """Somebody who looks at *page*, and now and then elsewhere: without windows each page has the focus."""

    def __init__(self, page):
        self.page = page

    def leave(self):
        self.page.evaluate(TURN, False)

    def come_back(self):
        self.page.evaluate(TURN, True)


def test_the_tabs_title_says_how_far_it_is_while_nobody_looks(site, open_page):
    task = site.put_row(**at(60))
    page = open_page()
    person = Person(page)
    person.come_back()
    expect(page).to_have_title(f"({sum(UNREAD)}) Home · Microblog")

    person.leave()
    expect(page).to_have_title("60 % · Exporting")
    site.turn(task, **at(61))
    await_card(page, "61%")
    expect(page).to_have_title("61 % · Exporting")
    person.come_back()
    expect(page).to_have_title(f"({sum(UNREAD)}) Home · Microblog")
    page.reload()
    person.leave()
    expect(page).to_have_title("61 % · Exporting")
    site.turn(task, **ON_ITS_WAY)
    await_card(page, "Your export is ready")
    expect(page).to_have_title("Export ready")
    person.come_back()
    expect(page).to_have_title(f"({sum(UNREAD)}) Home · Microblog")
    person.leave()
    expect(page).to_have_title(f"({sum(UNREAD)}) Home · Microblog")


@pytest.mark.parametrize(("name", "title"), [("failed", "Export failed"), ("cancelled", "Export cancelled")])
def test_the_tabs_title_says_how_it_ended(site, open_page, name, title):
    task = site.put_row(**at(60))
    page = open_page()
    Person(page).leave()

    site.turn(task, **CARDS[name])

    page.clock.run_for(1_000)
    expect(page).to_have_title(title)


def test_an_end_that_was_seen_is_no_news_later(site, open_page):
    task = site.put_row(**at(60))
    page = open_page()
    person = Person(page)
    person.come_back()
    site.turn(task, **ON_ITS_WAY)
    await_card(page, "Your export is ready")

    person.leave()

    expect(page).to_have_title(f"({sum(UNREAD)}) Home · Microblog")
    # Nor once its mail has been sent.
    site.turn(task, **READY)
    await_card(page, "Mailed to", after_s=10)
    expect(page).to_have_title(f"({sum(UNREAD)}) Home · Microblog")


def test_unread_messages_come_into_the_title_when_the_export_is_over(site, open_page, write_to_susan):
    task = site.put_row(**at(60))
    page = open_page()
    person = Person(page)
    person.leave()
    write_to_susan("Is it done?")
    site.turn(task, **READY)
    await_card(page, "Your export is ready")
    expect(page).to_have_title("Export ready")

    person.come_back()

    expect(page).to_have_title(f"({sum(UNREAD) + 1}) Home · Microblog")


def test_what_is_counted_no_further_is_told_alike_in_badge_and_title(site, open_page, tell_susan):
    page = open_page()

    tell_susan(0, COUNTED)

    page.clock.run_for(10_000)
    expect(page).to_have_title("(999+) Home · Microblog")
    expect(page.locator("[data-unread=news]")).to_contain_text("999+")


# Time left


@pytest.mark.parametrize("locale", ["en-GB", "es-ES", "zh-CN"])
def test_script_and_server_say_the_same(site, new_page, locale):
    site.put_card("running")
    pages = [new_page(locale=locale, java_script_enabled=script) for script in (True, False)]
    for page in pages:
        page.goto(f"{site.url}/explore", wait_until="networkidle")

    with_script, without = (page.locator("[data-task]").inner_text() for page in pages)

    assert with_script == without


def told(page, lefts):
    """The texts that the page shows in turn when the server reports *lefts*, in seconds."""
    return page.evaluate(
        """async (lefts) => {
            const main = document.querySelector("script[type=module]").src;
            const { phrase } = await import(main.replace("main.js", "cards.js"));
            const words = { of: "{done} of {total}", seconds: "{left} s", minutes: "{left} min" };
            const task_id = Math.random();
            return lefts.map((seconds_left) => phrase(words, { task_id, done: 1, total: 2, seconds_left }));
        }""",
        lefts,
    )


def in_seconds(text):
    number, unit = text.removeprefix("1 of 2 · ").split()
    return int(number) * {"s": 1, "min": 60}[unit]


def test_time_left_never_grows_twice_before_it_shrinks(site, open_page):
    page = open_page("/explore")
    draw = random.Random(1)
    for _case in range(50):
        lefts = [draw.randrange(1, 300) for _ in range(30)]
        seen = [seconds for seconds, _ in groupby(map(in_seconds, told(page, lefts)))]
        grew = [after > before for before, after in pairwise(seen)]
        assert (True, True) not in list(pairwise(grew)), (lefts, seen)


def test_time_left_is_smoothed_and_told_in_steps(site, open_page):
    page = open_page("/explore")

    assert told(page, [20, 20, 60, 20, 20, 20]) == [f"1 of 2 · {left} s" for left in (20, 20, 40, 30, 25, 25)]
    assert told(page, [3, None, 70]) == ["1 of 2 · 5 s", "1 of 2", "1 of 2 · 40 s"]
    assert told(page, [61, 59, 59]) == ["1 of 2 · 2 min", "1 of 2 · 60 s", "1 of 2 · 60 s"]


# Without script


def test_without_script_the_page_of_a_task_follows_it_by_itself(site, new_page):
    task = site.put_card("running")
    page = new_page(java_script_enabled=False)
    page.goto(f"{site.url}/user/susan")
    page.locator("progress").wait_for()

    site.turn(task, **READY)

    page.get_by_role("link", name="Download").wait_for()
    assert page.locator("[http-equiv=refresh]").count() == 0

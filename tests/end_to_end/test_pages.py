"""Every page in a real browser: accessible in light and dark, wide and narrow; by keyboard; its weight."""

import gzip

import pytest
from playwright.sync_api import expect

from microblog.models import Post, User
from microblog.tasks.task import Task
from tests.end_to_end.browsing import (
    AXE,
    COLOURS,
    DESKTOP,
    LAYOUT,
    NARROW,
    OWN,
    PHONE,
    RULES,
    Watcher,
    needs_browser,
    violations,
)
from tests.end_to_end.busy_work import put_work
from tests.end_to_end.gallery import LONG_NAME, PASSWORD
from tests.end_to_end.running_site import wait_until
from tests.mails import written
from tests.second_factors import shown

pytestmark = [needs_browser, pytest.mark.browser]

SMALL_PHONE = {"width": 360, "height": 740}
# A phone whose reader has doubled the text size.
TINY = {"width": 195, "height": 640}
# What overflows the window, even to the left, where nobody can scroll; and what has no space above it.
MISPLACED = """() => {
  const box = (each) => each.getBoundingClientRect();
  const shown = [...document.querySelectorAll("h1, h2, p, a, button, input, textarea, select, summary")]
    .filter((each) => each.checkVisibility() && box(each).width > 1 && !each.matches(".skip, .boxes > *"));
  const out = shown.filter((each) => box(each).left < 0 || box(each).right > innerWidth);
  const crowded = [...document.querySelectorAll("form .field + .row")]
    .filter((each) => box(each).top - box(each.previousElementSibling).bottom < 8);
  return [...out, ...crowded].map((each) => `${location.pathname}: ${each.outerHTML.slice(0, 120)}`);
}"""
# What a finger has to hit and is lower than 44 pixels; links within a text are as high as its lines.
SMALL = """() => [...document.querySelectorAll("button, .button, summary, select, nav a, textarea, input")]
  .filter((each) => each.checkVisibility() && !each.matches("[type=radio], [type=checkbox]"))
  .filter((each) => each.getBoundingClientRect().height < 44)
  .map((each) => `${location.pathname}: ${each.outerHTML.slice(0, 120)}`)"""
# Shows the body of another page, if there is a whole one, without opening it; returns its language. All pages
# have one style.
SHOW = """async (path) => {
  const answer = await fetch(path, { redirect: "manual" });
  if (!(answer.headers.get("content-type") ?? "").startsWith("text/html")) return null;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!drawn.querySelector("main")) return null;
  document.documentElement.lang = drawn.documentElement.lang;
  document.body.replaceWith(drawn.body);
  return document.documentElement.lang;
}"""
PAGE_BYTES = 20 * 1024
REQUESTS = 12


def _visit(page, site, paths):
    """Open in turn each of *paths* at which there is a whole page: no redirect, download or feed."""
    for path in paths:
        response = page.request.get(site.url + path, max_redirects=0)
        if response.headers.get("content-type", "").startswith("text/html") and "<main" in response.text():
            page.goto(site.url + path)
            yield path


def test_every_page_is_accessible_and_silent(site, new_page):
    page = new_page(viewport=DESKTOP, reduced_motion="reduce")

    assert len(_look_at(page, site, site.paths())) > 30


@pytest.mark.parametrize(
    ("username", "paths"),
    [
        ("newcomer", ["/", "/messages", "/messages/susan", "/tasks", "/settings/blocked", "/user/newcomer"]),
        (
            None,
            [
                "/",
                "/about",
                "/explore",
                "/user/john",
                "/auth/login",
                "/auth/register",
                "/auth/reset_password_request",
            ],
        ),
    ],
)
def test_every_page_is_accessible_to_who_sees_others_on_it(site, new_page, username, paths):
    page = new_page(username, viewport=DESKTOP, reduced_motion="reduce")

    assert len(_look_at(page, site, paths)) == len(paths)


def test_the_pages_about_tasks_are_accessible_when_much_goes_on(site, new_page):
    page = new_page(viewport=DESKTOP, reduced_motion="reduce")
    paths = put_work()

    assert _look_at(page, site, paths) == paths
    Task.delete().execute()


def test_the_pages_of_a_second_factor_are_accessible(site, new_page):
    """Those that only an act shows; the picture is read from the screen, as a phone would."""
    page = new_page("lilei", viewport=DESKTOP, reduced_motion="reduce")
    watcher, faults = Watcher(page, site.url), []
    page.goto(f"{site.url}/account/second_factor")
    secret = page.locator("main code").inner_text().replace(" ", "")
    assert page.locator("main svg").bounding_box()["width"] > 150
    page.get_by_label("Your code").fill(shown(secret=secret))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Switch on").click()
    codes = page.locator("textarea").input_value().split()
    faults += _faults(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="A code is asked for at sign-in").click()
    faults += _faults(page)

    stranger = new_page(None, viewport=DESKTOP)
    stranger.goto(f"{site.url}/auth/login")
    stranger.get_by_label("Username").fill("lilei")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.locator("main form button").click()
    expect(stranger.get_by_label("Your code")).to_be_focused()
    faults += _faults(stranger)
    stranger.get_by_label("Your code").fill(codes[0])
    stranger.keyboard.press("Enter")
    stranger.wait_for_url(f"{site.url}/")

    page.get_by_label("Your code").fill(codes[1])
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("link", name="Ask for a code at sign-in")).to_be_visible()
    assert faults + watcher.faults == []


@pytest.mark.parametrize("locale", ["es-ES", "zh-CN"])
def test_every_page_fits_a_narrow_window_and_a_finger_in_other_languages(site, new_page, locale):
    page = new_page(viewport=NARROW, locale=locale)
    page.goto(f"{site.url}/keys")
    misplaced, small, languages = [], [], []
    for path in site.paths():
        if language := page.evaluate(SHOW, path):
            languages.append(language)
            misplaced += [f"{path}: {fault}" for fault in _misplaced(page)]
            small += [f"{path}: {fault}" for fault in page.evaluate(SMALL)]

    assert set(languages) == {locale[:2]}
    assert len(languages) > 30
    assert (misplaced, small) == ([], [])


def test_letters_twice_as_large_on_a_phone_leave_nothing_out(site, new_page):
    page = new_page(viewport=TINY)
    misplaced, long = [], []
    for path in (
        "/",
        f"/user/{LONG_NAME}",
        "/messages",
        "/settings/account",
        "/settings/preferences",
        "/admin/tasks",
    ):
        page.goto(site.url + path)
        misplaced += _misplaced(page)
        # A fixed bar would hide half of the page; of a short one it may stay.
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        if page.evaluate("scrollY >= document.querySelector('.bar').offsetHeight"):
            long.append(path)
            assert not any(link.is_visible() and _in_window(link) for link in page.locator(".bar a").all())

    assert misplaced == []
    assert "/" in long


def test_the_footer_takes_one_row_and_on_a_phone_two_at_most(site, new_page):
    page = new_page("john", viewport=PHONE)
    for locale in ("English", "español", "中文"):
        page.goto(f"{site.url}/explore")
        page.locator("footer").get_by_role("button", name=locale).click()
        page.locator("footer [aria-pressed=true]", has_text=locale).wait_for()
        for viewport, most in ((SMALL_PHONE, 2), (PHONE, 2), (DESKTOP, 1)):
            page.set_viewport_size(viewport)
            tops = page.locator("footer").evaluate(
                "each => [...each.querySelectorAll('a, button')].map(one => one.getBoundingClientRect().top)"
            )
            assert len(set(tops)) <= most, (locale, viewport)
    User.update(language=None).where(User.username == "john").execute()


# Of the element, where on the page each sign is: a line of its own text each.
LINES = """each => [...each.textContent].map((_, place) => {
  const range = document.createRange();
  range.setStart(each.firstChild, place);
  range.setEnd(each.firstChild, place + 1);
  return range.getBoundingClientRect().left - each.getBoundingClientRect().left;
})"""


def test_each_line_has_its_own_direction_and_stacked_marks_stay_inside(site, new_page):
    text = "שלום hello!\nSecond line, finally.\nעולם?\n" + ("a" + "\u0301" * 23) * 3
    post = Post.create(author=User.named("john"), body=text)
    page = new_page(viewport=PHONE)
    page.goto(f"{site.url}/post/{post.id}")

    written = page.locator(".e-content")
    lefts = written.evaluate(LINES)
    clipped = written.evaluate("each => getComputedStyle(each).overflow")
    page.goto(site.url)
    field = page.locator("textarea").evaluate("each => getComputedStyle(each).unicodeBidi")
    post.delete_instance()

    def left(sign):
        return lefts[text.index(sign)]

    assert left("!") < left("h") < left("ש")
    assert left("S") == 0
    assert left(".") > left("y")
    assert left("?") < left("ע")
    assert left("ע") > 200
    assert (clipped, field) == ("clip", "plaintext")


def _look_at(page, site, paths):
    """Look at every page of *paths*, wide and light, narrow and dark; return those found."""
    watcher = Watcher(page, site.url)
    page.add_init_script(AXE)
    faults, seen = [], []
    for path in _visit(page, site, paths):
        faults += _faults(page, OWN if seen else "html")
        seen.append(path)
    # That a page says 404 or 410 is no fault of the page.
    faults += [fault for fault in watcher.faults if "the server responded with a status of 4" not in fault]
    assert faults == []
    return seen


def _faults(page, part="html"):
    """What is wrong with *part* of the page that is shown, wide and light, narrow and dark."""
    faults = violations(page, RULES, part)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(NARROW)
    faults += violations(page, LAYOUT, part) + _misplaced(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
    return faults


def _misplaced(page):
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return page.evaluate(MISPLACED) + ([f"{page.url} scrolls sideways"] if wide else [])


def _in_window(element):
    return element.evaluate("each => each.getBoundingClientRect().bottom > 0")


def test_a_page_of_25_posts_weighs_little(site, new_page):
    Task.delete().execute()
    page = new_page(viewport=DESKTOP)
    answers = []
    page.on("response", lambda response: answers.append(response))
    page.goto(f"{site.url}/", wait_until="networkidle")
    bytes_of = {response.url: len(gzip.compress(response.body(), 6)) for response in answers}

    assert page.locator(".post").count() == 25
    assert len(answers) <= REQUESTS, bytes_of
    assert sum(bytes_of.values()) <= PAGE_BYTES, bytes_of


def test_the_keyboard_alone_posts_searches_walks_and_asks(site, new_page):
    Task.delete().execute()
    page = new_page(viewport=DESKTOP)
    watcher = Watcher(page, site.url)
    page.goto(f"{site.url}/explore")
    focused = page.locator(":focus")

    page.keyboard.press("/")
    wait_until(lambda: focused.get_attribute("name") == "q")
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("j")
    first = page.locator(".post").nth(0).locator(".when")
    wait_until(lambda: focused.get_attribute("href") == first.get_attribute("href"))
    page.keyboard.press("j")
    page.keyboard.press("k")
    wait_until(lambda: focused.get_attribute("href") == first.get_attribute("href"))
    page.keyboard.press("?")
    page.locator("dialog h1", has_text="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert focused.get_attribute("href") == first.get_attribute("href")
    page.keyboard.press("n")
    page.wait_for_url(f"{site.url}/#post")
    wait_until(lambda: focused.get_attribute("name") == "post")
    page.keyboard.type("再见，Huey 把任务放到后台去做")
    expect(page.locator("select[name=language]")).to_have_value("zh")
    page.keyboard.press("Control+A")
    page.keyboard.type("Written by keyboard alone 👍")
    expect(page.locator("select[name=language]")).to_have_value("en")
    expect(page.locator("output")).to_have_text("")
    page.keyboard.type(" and on" * 11)
    expect(page.locator("output")).to_have_text(str(140 - 27 - 77))
    page.keyboard.press("Control+Enter")
    page.locator(".e-content", has_text="Written by keyboard alone").wait_for()
    page.locator(".toast button").focus()
    page.keyboard.press("Enter")
    page.locator(".toast").wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "main"

    assert watcher.faults == []
    Post.delete().where(Post.body.startswith("Written by keyboard")).execute()


def test_the_keyboard_alone_answers_and_a_draft_of_an_answer_survives(site, new_page):
    page = new_page(viewport=DESKTOP)
    page.goto(f"{site.url}/explore")
    focused = page.locator(":focus")
    page.locator("main").focus()
    page.keyboard.press("j")
    wait_until(lambda: focused.count() and focused.get_attribute("class") == "when u-url u-uid")
    address = focused.get_attribute("href")

    page.keyboard.press("r")
    page.wait_for_url(f"{site.url}{address}#post")
    wait_until(lambda: focused.get_attribute("name") == "post")
    page.keyboard.type("Answered by keyboard alone")
    page.reload()
    expect(page.locator("textarea")).to_have_value("Answered by keyboard alone")
    page.goto(f"{site.url}/")
    expect(page.locator("textarea")).to_have_value("")
    page.goto(f"{site.url}{address}")
    page.keyboard.press("r")
    wait_until(lambda: focused.get_attribute("name") == "post")
    page.keyboard.press("Control+Enter")

    page.locator(".post[aria-current]", has_text="Answered by keyboard alone").wait_for()
    page.goto(f"{site.url}{address}")
    expect(page.locator("textarea")).to_have_value("")
    assert violations(page, RULES) == []
    Post.delete().where(Post.body.startswith("Answered by keyboard")).execute()


def test_tab_alone_starts_an_export_and_the_focus_is_always_seen(site, new_page):
    Task.delete().execute()
    page = new_page(viewport=DESKTOP)
    page.goto(f"{site.url}/user/susan")
    focused = page.locator(":focus")
    for _step in range(40):
        page.keyboard.press("Tab")
        width = focused.evaluate("each => parseFloat(getComputedStyle(each).outlineWidth)")
        assert width >= 2, focused.evaluate("each => each.outerHTML")
        if "Export your posts" in focused.inner_text():
            break
    page.keyboard.press("Enter")

    page.locator("[data-task]").wait_for()
    assert Task.for_user(User.named("susan")).count() == 1


def test_a_menu_opens_by_keyboard_and_closes_by_escape_and_by_a_click_beside_it(site, new_page):
    page = new_page(viewport=DESKTOP)
    page.goto(f"{site.url}/explore")
    you, leave = page.locator(".menu summary"), page.get_by_role("button", name="Sign out")
    you.focus()
    page.keyboard.press("Enter")
    assert leave.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not leave.is_visible()
    assert you.evaluate("each => each === document.activeElement")

    you.click()
    page.locator(".post summary").last.click()
    assert not leave.is_visible()
    page.locator("main").click(position={"x": 5, "y": 5})
    assert page.locator("details[open]").count() == 0


def test_keys_that_are_switched_off_do_nothing(site, new_page):
    page = new_page(viewport=DESKTOP)
    page.goto(f"{site.url}/settings/preferences")
    page.get_by_label("Off").check()
    page.get_by_role("button", name="Save").click()
    page.goto(f"{site.url}/explore")

    page.keyboard.press("?")
    page.keyboard.press("/")

    assert page.locator("dialog").count() == 0
    assert page.evaluate("document.activeElement === document.body")


def test_the_menu_of_a_post_copies_its_link_and_deletes_it_by_a_dialog_which_can_be_undone(site, new_page):
    post = Post.create(author=User.named("susan"), body="To be deleted")
    page = new_page(viewport=DESKTOP)
    page.goto(f"{site.url}/explore")
    row = page.locator(".post", has_text="To be deleted")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    row.locator("summary").click()
    row.get_by_role("link", name="Copy link").click()
    page.locator(".toast", has_text="Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}/post/{post.id}"
    assert not row.get_by_role("link", name="Delete", exact=True).is_visible(), "the menu is closed"

    row.locator("summary").click()
    row.get_by_role("link", name="Delete", exact=True).click()
    page.locator("dialog").get_by_role("link", name="Keep it").click()
    page.locator("dialog").wait_for(state="detached")
    assert Post.get_or_none(Post.id == post.id)

    row.get_by_role("link", name="Delete", exact=True).click()
    page.locator("dialog").get_by_role("button", name="Delete").click()

    toast = page.locator(".toast", has_text="The post is deleted.")
    toast.wait_for()
    assert page.url == f"{site.url}/explore"
    assert Post.get_or_none(Post.id == post.id) is None

    toast.get_by_role("button", name="Undo").click()
    page.locator(".toast", has_text="The post is back.").wait_for()
    assert page.url == f"{site.url}/explore"
    assert Post.get_or_none(Post.id == post.id)


def test_new_posts_are_announced_and_not_pushed_in(site, new_page):
    page = new_page(viewport=DESKTOP)
    page.clock.install()
    page.goto(f"{site.url}/", wait_until="networkidle")
    before = page.locator(".post").first.bounding_box()
    Post.create(author=User.named("john"), body="Came later")

    page.clock.run_for(61_000)

    link = page.get_by_role("link", name="1 new post")
    link.wait_for()
    assert page.locator(".post").first.bounding_box() == before
    link.focus()
    Post.create(author=User.named("john"), body="Came later still")
    page.clock.run_for(61_000)
    page.get_by_role("link", name="2 new posts").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "2 new posts"
    page.keyboard.press("Enter")
    page.locator(".e-content", has_text="Came later still").first.wait_for()
    Post.delete().where(Post.body.startswith("Came later")).execute()


def test_the_manifest_names_icons_that_are_there(site, new_page):
    page = new_page(None)
    page.goto(f"{site.url}/explore")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    response = page.request.get(site.url + address)
    assert response.headers["content-type"].startswith("application/manifest+json")
    for icon in response.json()["icons"]:
        image = page.request.get(site.url + icon["src"])
        assert image.headers["content-type"].startswith(icon["type"])


def test_every_mail_can_be_read_by_day_and_by_night(site, new_page):
    page = new_page(None, viewport=PHONE)
    faults = []
    for kind, mail in written(site.app, "en"):
        page.goto("about:blank")
        page.set_content(mail.html)
        # axe takes an unpainted background for white, even in dark mode.
        page.add_style_tag(content=":root { background: Canvas }")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            faults += [f"{kind}: {fault}" for fault in violations(page, COLOURS)]
        faults += [f"{kind}: {fault}" for fault in _misplaced(page)]

    assert faults == []


def test_nothing_on_a_page_is_lost_in_print_or_in_forced_colours(site, new_page):
    site.put_card("running")
    page = new_page(viewport=DESKTOP, forced_colors="active")
    page.goto(f"{site.url}/")
    bar = page.locator("progress")
    filled = bar.screenshot()
    bar.evaluate("each => each.value = 0")
    assert bar.screenshot() != filled

    page.goto(f"{site.url}/messages")
    page.emulate_media(media="print", color_scheme="dark", forced_colors="none")

    assert page.get_by_role("heading", name="Messages").bounding_box()["width"] > 100
    assert page.locator(".post").first.is_visible()
    for each in page.locator("nav, form, button, .button, footer").all():
        assert not each.is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    day = page.locator(".day time").first
    assert day.get_attribute("datetime") in day.evaluate("each => getComputedStyle(each, '::after').content")

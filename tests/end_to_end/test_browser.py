"""The main job as a person sees it: set up, post, export, watch the bar, download, read the mail."""

import json
import os
import signal

import pytest

from tests.end_to_end.browsing import DESKTOP, PHONE, Watcher, needs_browser
from tests.end_to_end.running_site import RunningSite, wait_until

pytestmark = [needs_browser, pytest.mark.browser]

POSTS = [f"post number {number}" for number in range(5)]
PASSWORD = "correct horse battery"


@pytest.fixture
def new_page(browser):
    """A function that gives a page of a browser with the given options."""
    contexts = []

    def new_page(**options):
        context = browser.new_context(accept_downloads=True, **options)
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()


@pytest.fixture
def site(tmp_path, postbox):
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(postbox.port)}
    with RunningSite(tmp_path / "site", EXPORT_DELAY_S="0.8", WEB_CONCURRENCY="1", **mail) as site:
        yield site.ready()


def set_up(site, page):
    """Follow the link that the terminal printed and make the first account."""
    code = (site.data_dir / "setup_code").read_text()
    assert f"/setup?code={code}" in site.output()
    page.goto(f"{site.url}/setup?code={code}")
    page.get_by_label("Username").fill("susan")
    page.get_by_label("E-mail").fill("susan@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.locator("main form button").first.click()


def await_end(page, postbox):
    """Wait until the page shows that the export is ready, and that its mail has arrived."""
    page.get_by_role("heading", name="Your export is ready").first.wait_for()
    wait_until(lambda: postbox.mails)
    assert len(postbox.mails) == 1


def write(page, site, bodies):
    page.goto(f"{site.url}/")
    for body in bodies:
        page.locator("[name=post]").fill(body)
        page.get_by_role("button", name="Post", exact=True).click()
        page.get_by_text(body, exact=True).wait_for()


def downloaded(page):
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").first.click()
    return json.loads(download.value.path().read_text())


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_setting_up_to_the_file_and_the_mail(site, new_page, postbox, viewport):
    page = new_page(viewport=viewport)
    watcher = Watcher(page, site.url)
    set_up(site, page)
    write(page, site, POSTS)

    page.goto(f"{site.url}/user/susan")
    page.get_by_role("button", name="Export your posts").click()
    page.locator("progress").wait_for()
    seen = set()

    def bar_moves():
        seen.add(page.locator("progress").get_attribute("value"))
        return len(seen - {None}) >= 3

    wait_until(bar_moves, lambda: f"values of the bar: {seen}")
    assert page.get_by_role("button", name="Export your posts").count() == 0
    await_end(page, postbox)

    # The next one can be requested without reloading the page.
    page.get_by_role("button", name="Export your posts").wait_for()
    page.goto(f"{site.url}/tasks")
    page.locator(".log").get_by_text("Mailed to susan@example.org").wait_for()
    assert [post["body"] for post in downloaded(page)["posts"]] == POSTS
    [mail] = postbox.mails
    assert mail["To"] == "susan@example.org"
    [attachment] = mail.iter_attachments()
    assert [post["body"] for post in json.loads(attachment.get_content())["posts"]] == POSTS
    assert watcher.faults == []


def test_the_same_without_javascript(site, new_page, postbox):
    page = new_page(java_script_enabled=False)
    set_up(site, page)
    write(page, site, POSTS[:4])

    page.goto(f"{site.url}/user/susan")
    page.get_by_role("button", name="Export your posts").click()
    page.locator("progress").wait_for()
    # The page of a running task reloads itself; where its mail is shows on the next page.
    await_end(page, postbox)

    assert [post["body"] for post in downloaded(page)["posts"]] == POSTS[:4]


def test_the_card_survives_a_killed_consumer(site, new_page, postbox):
    page = new_page()
    set_up(site, page)
    write(page, site, POSTS)
    page.goto(f"{site.url}/user/susan")
    page.get_by_role("button", name="Export your posts").click()
    page.locator("progress[value]").wait_for()

    os.kill(site.find("huey_consumer"), signal.SIGKILL)

    await_end(page, postbox)

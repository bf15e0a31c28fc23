"""
Takes the README's pictures again, of a real site with a real export: ``.venv/bin/python -m docs.pictures``.

Needs chromium and what ``./run.sh test`` installs.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

from microblog.base import clock, database
from microblog.base.config import ROOT
from microblog.base.database import connected
from microblog.models import Like, User
from microblog.security.passwords import hash_password
from tests.end_to_end.browsing import PHONE, chromium
from tests.end_to_end.running_site import RunningSite, wait_until
from tests.posts import insert_posts, write_at

PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "demo-password"  # noqa: S105 - of a site that lives for a minute
OLD_POSTS = 5210
SECONDS_PER_POST = "0.004"
WINDOW = {"width": 1000, "height": 860}
# Who says what, how many minutes ago and in which language, the newest last; and the place in this list of
# the post that it answers.
SAID = [
    ("maria_paz", 16 * 60, "es", "Hoy probé escribir sin mirar el contador. Me sobraron tres letras.", None),
    ("john", 320, "en", "Moved everything to a €4 server this morning. One command, then back to bed.", None),
    ("lilei", 33, "zh", "把博客的导出任务交给 Huey 之后，页面再也不会卡住了，进度条会自己动。 #导出", None),
    ("june", 26, "en", "Who takes their posts along when they go? All of them, I mean. #export", None),
    ("susan", 21, "en", "I do, while I make tea: 5,211 posts, one file. All I wanted.", 3),
    ("john", 16, "en", "And it opens in a browser? Asking for @lilei.", 3),
    ("lilei", 11, "zh", "能打开，还有人能检验。@john 你也试试。", 3),
    ("june", 4, "en", "Then I know what to do with this rainy Sunday.", 3),
]
CONVERSATION = 3
LIKED_BY = ("john", "lilei", "maria_paz")


def main():
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningSite(Path(folder) / "site", EXPORT_DELAY_S=SECONDS_PER_POST) as site,
        chromium() as browser,
    ):
        site.ready()
        take(site, browser, fill(site.data_dir))


def fill(data_dir):
    """
    Add people, whom susan follows, what they say to each other, and thousands of other posts by susan.

    Returns the path of their conversation.
    """
    database.init(data_dir)
    password_hash = hash_password(PASSWORD)
    with connected(), database.db.atomic():
        people = {
            name: User.register(name, f"{name}@example.org", password_hash, confirmed=True)
            for name in ["susan", *dict.fromkeys(name for name, *_ in SAID if name != "susan")]
        }
        susan, *others = people.values()
        for other in others:
            susan.follow(other)
        insert_posts(susan, (f"Day {number} of the log." for number in range(OLD_POSTS)))
        said = []
        for name, minutes, language, body, answers in SAID:
            answers = None if answers is None else said[answers]
            at = clock.now() - timedelta(minutes=minutes)
            said.append(write_at(at, people[name], body, language=language, answers=answers))
        for name in LIKED_BY:
            Like.add(people[name], said[CONVERSATION])
    return f"/post/{said[CONVERSATION].id}"


def take(site, browser, conversation):
    """Take the pictures: of a *conversation* while susan's export runs, and once it ended, on a phone."""
    desk = browser.new_page(viewport=WINDOW)
    sign_in(desk, site)
    desk.goto(f"{site.url}/user/susan")
    desk.get_by_role("button", name="Export your posts").click()
    desk.goto(site.url + conversation)
    percent = desk.locator(".percent span")
    wait_until(lambda: int(percent.inner_text()) >= 55)
    desk.screenshot(path=PICTURES / "conversation-light.png")
    desk.emulate_media(color_scheme="dark")
    desk.screenshot(path=PICTURES / "conversation-dark.png")

    phone = browser.new_page(viewport=PHONE, is_mobile=True, color_scheme="dark", device_scale_factor=2)
    sign_in(phone, site)
    phone.locator("[data-state=succeeded]").wait_for(timeout=60_000)
    phone.goto(site.url + conversation)
    phone.screenshot(path=PICTURES / "ready-phone.png")


def sign_in(page, site):
    page.goto(f"{site.url}/auth/login")
    page.get_by_label("Username").fill("susan")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{site.url}/")


if __name__ == "__main__":
    main()

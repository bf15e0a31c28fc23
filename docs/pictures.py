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
from microblog.models import Follow, Post, User
from microblog.security.passwords import hash_password
from tests.end_to_end.browsing import PHONE, chromium
from tests.end_to_end.running_site import RunningSite, wait_until

PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "demo-password"  # noqa: S105 - of a site that lives for a minute
OLD_POSTS = 5210
SECONDS_PER_POST = "0.004"
WINDOW = {"width": 1000, "height": 860}
# Who says what, how many minutes ago and in which language; the newest last.
SAID = [
    ("maria_paz", 16 * 60, "es", "Hoy probé escribir sin mirar el contador. Me sobraron tres letras."),
    ("john", 320, "en", "Moved everything to a €4 server this morning. One command, then back to bed."),
    ("lilei", 33, "zh", "把博客的导出任务交给 Huey 之后，页面再也不会卡住了，进度条会自己动。"),
    ("susan", 4, "en", "The export finished while I was making tea. 5,211 posts, one file. All I wanted."),
]


def main():
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        RunningSite(Path(folder) / "site", EXPORT_DELAY_S=SECONDS_PER_POST) as site,
        chromium() as browser,
    ):
        site.ready()
        fill(site.data_dir)
        take(site, browser)


def fill(data_dir):
    """Add people, whom susan follows, their posts of today, and susan's thousands of older posts."""
    database.init(data_dir)
    password_hash = hash_password(PASSWORD)
    with connected(), database.db.atomic():
        names = ["susan", *dict.fromkeys(name for name, *_ in SAID if name != "susan")]
        people = {
            name: User.register(name, f"{name}@example.org", password_hash, confirmed=True) for name in names
        }
        rows = [
            (people["susan"], f"Day {number} of the log.", "en", _ago(days=30)) for number in range(OLD_POSTS)
        ]
        rows += [
            (people[name], body, language, _ago(minutes=minutes)) for name, minutes, language, body in SAID
        ]
        Post.insert_many(rows, [Post.author, Post.body, Post.language, Post.timestamp]).execute()
        Follow.insert_many(
            [(people["susan"], people[name]) for name in names[1:]], [Follow.follower, Follow.followed]
        ).execute()


def take(site, browser):
    """Take the pictures: home in light and dark while susan's export runs, and once it ended, on a phone."""
    desk = browser.new_page(viewport=WINDOW)
    sign_in(desk, site)
    desk.goto(f"{site.url}/user/susan")
    desk.get_by_role("button", name="Export your posts").click()
    desk.goto(site.url)
    percent = desk.locator(".percent span")
    wait_until(lambda: int(percent.inner_text()) >= 55)
    desk.screenshot(path=PICTURES / "home-light.png")
    desk.emulate_media(color_scheme="dark")
    desk.screenshot(path=PICTURES / "home-dark.png")

    phone = browser.new_page(viewport=PHONE, is_mobile=True, color_scheme="dark", device_scale_factor=2)
    sign_in(phone, site)
    phone.locator("[data-state=succeeded]").wait_for(timeout=60_000)
    phone.goto(site.url)
    phone.screenshot(path=PICTURES / "ready-phone.png")


def sign_in(page, site):
    page.goto(f"{site.url}/auth/login")
    page.get_by_label("Username").fill("susan")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{site.url}/")


def _ago(**amount):
    return clock.now() - timedelta(**amount)


if __name__ == "__main__":
    main()

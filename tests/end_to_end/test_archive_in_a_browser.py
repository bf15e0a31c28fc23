"""The archive as people open it: from the disk, without the network."""

import zipfile

import pytest
from flask_babel import force_locale

from microblog import exports
from microblog.exports.archive import write_zip
from tests.end_to_end.browsing import DESKTOP, NARROW, RULES, Watcher, needs_browser, violations
from tests.exports.test_archive_formats import HOSTILE, TEXTS
from tests.posts import insert_posts

pytestmark = [needs_browser, pytest.mark.browser]


@pytest.fixture
def folder(app, susan, tmp_path):
    """Susan's archive, unpacked, in Chinese."""
    insert_posts(susan, [*TEXTS, *HOSTILE])
    with app.test_request_context(), force_locale("zh"):
        write_zip(exports.source_of(susan), tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "archive")
    return tmp_path / "archive"


def test_it_opens_offline_is_accessible_and_runs_nothing(folder, browser):
    address = folder.as_uri()
    for theme, size in (("light", DESKTOP), ("dark", NARROW)):
        # axe itself is a script: it is put past the policy, which the other tests read.
        page = browser.new_page(viewport=size, color_scheme=theme, bypass_csp=True)
        watcher = Watcher(page, address)
        for name in ("index.html", f"pages/{next((folder / 'pages').iterdir()).name}"):
            page.goto(f"{address}/{name}")
            assert page.locator(".h-entry").count() == len(TEXTS + HOSTILE)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            assert violations(page, RULES) == []
        page.get_by_role("link", name="最新帖子").click()
        page.wait_for_url(f"{address}/index.html")
        assert watcher.faults == []
        page.close()

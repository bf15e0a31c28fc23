"""The way of an export through the code, as README lists it: from the click to notification and mail row."""

import re
import sys

from microblog.base.config import ROOT
from microblog.mail.mail import Mail
from microblog.views import exports as first

PACKAGE = ROOT / "microblog"
# Not counted: what every part of the site stands on, and the formats, which know nothing of the way.
FOUNDATION = ("base", "security")
FORMATS = "microblog/exports/archive/"


def test_readme_lists_the_files_that_an_export_goes_through_in_order(
    browser, susan, write_posts, monkeypatch
):
    write_posts(susan, "first", "second")
    way = []
    monkeypatch.setattr(Mail, "send", ends(Mail.send))

    def follow(frame, event, _argument):
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(str(PACKAGE)) and path not in way and (way or is_first(path)):
            way.append(path)

    sys.setprofile(follow)
    try:
        browser.post_form("/export_posts")
    finally:
        sys.setprofile(None)

    names = [path.removeprefix(f"{ROOT}/") for path in way]
    counted = [name for name in names if name.split("/")[1] not in FOUNDATION and not is_format(name)]
    assert len(counted) <= 12
    for page in ("README.md", "README.zh-CN.md"):
        assert listed(page) == counted, page


def is_format(name):
    """Whether the file is one of the archive's formats; the first of them says in which order they come."""
    return name.startswith(FORMATS) and name != f"{FORMATS}__init__.py"


def is_first(path):
    return path == first.__file__


def ends(send):
    """Let *send*, which records the mail, be where the way ends."""

    def record(*arguments, **values):
        mail = send.__func__(Mail, *arguments, **values)
        sys.setprofile(None)
        return mail

    return record


def listed(page):
    """The Python files that the part of *page* on the export names, in order."""
    [part] = re.findall(
        r"^## [^\n]*\n\n```\n browser.*?(?=^## )", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE
    )
    return re.findall(r"`(microblog/[\w/]+\.py)`", part)

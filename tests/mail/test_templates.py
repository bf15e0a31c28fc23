"""What each kind of mail looks like: as plain text, which is the whole mail to many, and as HTML."""

import re

import pytest

from microblog.base import clock
from microblog.base.config import ROOT
from microblog.base.i18n.site_languages import in_language
from microblog.mail.templates import compose
from tests.mails import written

ADDRESS = re.compile(r"https?://[^\s\"<]+")

pytestmark = pytest.mark.parametrize("language", ["en", "es", "zh"])


@pytest.fixture
def mails(app, language):
    return dict(written(app, language))


def test_there_is_one_of_each_kind(mails):
    kinds = {path.stem for path in (ROOT / "templates" / "email").glob("[!_]*.txt")}

    assert {kind.partition(",")[0] for kind in mails} == kinds


def test_the_text_is_plain_and_an_address_has_a_line_of_its_own(mails):
    for kind, mail in mails.items():
        assert "&#" not in mail.body
        assert "\n\n\n" not in mail.body
        for line in mail.body.split("\n"):
            address, report = ADDRESS.fullmatch(line), kind == "error"
            assert address or report or ("<" not in line and "://" not in line), line


@pytest.mark.parametrize("report", ["'" * 5000, "😀" * 5000, f"  {'one two ' * 500}\n"])
def test_no_line_is_longer_than_smtp_allows(app, language, report):
    with app.test_request_context(), in_language(language):
        mail = compose("error", "Subject", "susan@example.org", "id", clock.now(), report=report).as_bytes()

    assert max(map(len, mail.splitlines())) <= 998


def test_both_parts_lead_to_the_same_places(mails):
    for mail in mails.values():
        assert set(ADDRESS.findall(mail.html)) == set(ADDRESS.findall(mail.body))


def test_text_takes_the_colours_of_the_program_and_needs_no_style_sheet(mails):
    for mail in mails.values():
        assert '<meta name="color-scheme" content="light dark">' in mail.html
        assert "<style" not in mail.html
        coloured = re.findall(r'style="[^"]*(?<!-)color:[^"]*"', mail.html)
        assert all("background-color:" in style for style in coloured)

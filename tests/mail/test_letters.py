"""What each kind of mail looks like: as plain text, which is the whole mail to many, and as HTML."""

import re
import unicodedata

import pytest

from microblog.base.config import ROOT
from tests.letters import written

ADDRESS = re.compile(r"https?://[^\s\"<]+")

pytestmark = pytest.mark.parametrize("language", ["en", "es", "zh"])


@pytest.fixture
def mails(app, language):
    return dict(written(app, language))


def columns(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def test_there_is_one_of_each_kind(mails):
    kinds = {path.stem for path in (ROOT / "templates" / "email").glob("[!_]*.txt")}

    assert {kind.partition(",")[0] for kind in mails} == kinds


def test_the_text_is_plain_and_its_lines_are_short(mails):
    for kind, mail in mails.items():
        assert "&#" not in mail.body
        assert "\n\n\n" not in mail.body
        for line in mail.body.split("\n"):
            address, report = ADDRESS.fullmatch(line), kind == "error"
            assert address or report or (columns(line) <= 72 and "<" not in line and "://" not in line), line


def test_both_parts_lead_to_the_same_places(mails):
    for mail in mails.values():
        assert set(ADDRESS.findall(mail.html)) == set(ADDRESS.findall(mail.body))


def test_text_takes_the_colours_of_the_program_and_needs_no_style_sheet(mails):
    for mail in mails.values():
        assert '<meta name="color-scheme" content="light dark">' in mail.html
        assert "<style" not in mail.html
        coloured = re.findall(r'style="[^"]*(?<!-)color:[^"]*"', mail.html)
        assert all("background-color:" in style for style in coloured)

import re
from pathlib import Path

import pytest

from microblog.exports import MOST_ASKED, MOST_EXPORTS

ROOT = Path(__file__).parent.parent
PAGES = [
    *sorted(ROOT.glob("README*.md")),
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def test_every_guarantee_names_a_test_that_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "guarantees.md").read_text()))

    assert len(named) > 30
    assert named - _tests() == set()


def test_every_requirement_of_asvs_names_a_test_that_is_there():
    rows = re.findall(r"^\| \d.*", (ROOT / "docs" / "asvs.md").read_text(), re.MULTILINE)
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]

    assert len(rows) > 40
    assert [row for row, tests in zip(rows, named, strict=True) if not tests] == []
    assert {test for tests in named for test in tests} - _tests() == set()


def test_the_security_page_names_every_limit():
    source = (ROOT / "microblog" / "web" / "rate_limits.py").read_text()
    rates = re.findall(r"(\d+) per (?:\d+ )?(minute|hour)", source)
    rates += [(str(most), "hour") for most in (MOST_EXPORTS, MOST_ASKED)]
    page = " ".join((ROOT / "SECURITY.md").read_text().split())
    paragraph = re.search(r"- Signing in:.*?All web processes count", page)[0]
    # "60 posts a minute (600 an hour)", "20 failures a minute (200 an hour) for an address"
    said = re.findall(r"(\d+)[a-z' ]*? (?:an?|in \d+) (minute|hour)", paragraph, re.IGNORECASE)

    assert len(rates) > 12
    assert sorted(said) == sorted(rates)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert broken == []


def test_the_readme_in_chinese_keeps_step_with_the_one_in_english():
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md"))

    def skeleton(text):
        blocks = [re.sub("#.*", "", block) for block in re.findall(r"```.*?```", text, re.DOTALL)]
        headings = [len(marks) for marks in re.findall("^(#+) ", text, re.MULTILINE)]
        settings = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
        links = set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.zh-CN.md"}
        return headings, blocks, settings, links

    assert skeleton(chinese) == skeleton(english)
    assert "(README.zh-CN.md)" in english
    assert "(README.md)" in chinese


def _tests():
    """The names of all tests."""
    return {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }

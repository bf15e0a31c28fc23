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
REQUIREMENT = re.compile(r"\d+\.\d+\.\d+")
# Requirements of ASVS that ask for something to be written down, which no test can judge.
BY_WRITING = {"11.1.1"}


def test_every_guarantee_names_a_test_that_is_there():
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "guarantees.md").read_text()))

    assert len(named) > 30
    assert named - _tests() == set()


def test_tests_carry_every_requirement_of_asvs_and_no_other():
    rows = re.findall(r"^\| (\d[^|]*)\|", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    listed = [number for row in rows for number in REQUIREMENT.findall(row)]
    marks = re.findall(r"^@pytest\.mark\.asvs\((.*)\)$", "\n".join(_sources()), re.MULTILINE)
    carried = {number for mark in marks for number in REQUIREMENT.findall(mark)}

    assert len(listed) > 80
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) - carried == BY_WRITING
    assert carried - set(listed) == set()


@pytest.mark.asvs("2.1.3", "15.1.3")
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


def test_decisions_are_at_most_forty_and_numbered_in_order():
    starts = re.findall(r"^(\d+\.|-) ", (ROOT / "docs" / "decisions.md").read_text(), re.MULTILINE)

    assert starts == [f"{number}." for number in range(1, len(starts) + 1)]
    assert len(starts) <= 40


def test_the_style_guide_shows_code_as_it_is():
    shown = re.findall(r"```python\n# (\S+)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)

    assert len(shown) >= 3
    assert [name for name, code in shown if code not in (ROOT / name).read_text()] == []


def test_what_the_guide_for_contributors_names_is_there():
    named = re.findall(
        r"`((?:microblog|templates|tests|docs)/[a-z0-9_./-]+)`", (ROOT / "CONTRIBUTING.md").read_text()
    )

    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_guide_for_contributors_explains_everything_in_the_root():
    ignored = {".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines())}
    table = re.search(r"\| in the root \|.*?\n\n", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)[0]
    explained = {name.strip("/") for name in re.findall("`([^`]+)`", table)}
    there = {path.name for path in ROOT.iterdir() if not any(map(path.match, ignored))}

    assert there - explained == set()
    assert explained - {path.name for path in ROOT.iterdir()} <= {"flask"}


def _tests():
    """The names of all tests."""
    return {name for text in _sources() for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


def _sources():
    return [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]

"""docs/operations.md: each thing to type is run by a test or marked *by hand*."""

import re

from tests import operations
from tests.end_to_end.test_fresh_debian import CHAPTERS


def test_each_block_is_run_or_marked_by_hand():
    run = [name for names in CHAPTERS for name in names]

    # In the order of the page: what a chapter leaves is what the next one begins with.
    assert run == [name for name in operations.blocks() if name not in operations.by_hand()]


def test_each_section_with_something_to_do_by_hand_is_listed_at_the_end():
    text, listed = operations.PAGE.read_text().split("\n## By hand\n")
    sections = re.split(r"^#+ ", text, flags=re.MULTILINE)[2:]
    marked = {_anchor(section.splitlines()[0]) for section in sections if operations.BY_HAND in section}

    assert set(re.findall(r"\(#([\w-]+)\)", listed)) | {"from-an-empty-debian-to-https"} == marked


def test_links_within_the_page_lead_to_its_sections():
    text = operations.PAGE.read_text()
    headings = {_anchor(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) - headings == set()


def _anchor(heading):
    return re.sub(r"[^\w -]", "", heading).replace(" ", "-").lower()

"""What docs/operations.md tells the operator to type, read out of the page itself."""

import re
from collections import Counter, namedtuple

from microblog.base.config import ROOT

PAGE = ROOT / "docs" / "operations.md"
BY_HAND = "*by hand*"
# A code block, empty lines included, or lines up to an empty one.
PARAGRAPH = r"^```\w*\n(?:(?!```).*\n)*```$|(?:^(?!```).+\n)+"

# *name*: the heading of its section, from the second on with a number. *before*: the paragraph above it.
Block = namedtuple("Block", "name language text before")


def blocks():
    """All code blocks, by their names, in the order of the page."""
    found, heading, counted, before = {}, "", Counter(), ""
    for paragraph in re.findall(PARAGRAPH, PAGE.read_text(), re.MULTILINE):
        if paragraph.startswith("#"):
            heading = paragraph.lstrip("#").strip()
        elif paragraph.startswith("```"):
            counted[heading] += 1
            name = heading if counted[heading] == 1 else f"{heading} ({counted[heading]})"
            language, _, text = paragraph.strip("`").partition("\n")
            found[name] = Block(name, language, text, before)
        before = paragraph
    return found


def by_hand():
    """The names of the blocks that only people run."""
    return {block.name for block in blocks().values() if BY_HAND in block.before}


def inline_commands():
    """Each ``flask …`` that stands in the text, without the word flask."""
    prose = re.sub(r"^```.*?^```$", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return list(dict.fromkeys(re.findall(r"`flask ([a-z][^`…]*)`", prose)))

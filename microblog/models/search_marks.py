"""Where a search has hit a text: the index marks hits in its own spelling of the text, see ``FoldedSign``."""

import re

from microblog.models.folded_sign import FoldedSign

# The search index marks the start and end of a hit with these; clean() keeps both out of posts.
OPEN, CLOSE = "\x01", "\x02"
MARK = re.compile(f"[{OPEN}{CLOSE}]")


def marks(marked, text):
    """``(start, end)`` of each hit in *text*; *marked* is what the index has of it, with OPEN and CLOSE."""
    # Of each character of the index, the place in *text* of the sign that became it.
    places = [place for place, shown in enumerate(FoldedSign.folded(text)) for _character in shown]
    found = []
    for number, mark in enumerate(MARK.finditer(marked)):
        passed = mark.start() - number  # Characters of the index before it.
        if mark[0] == OPEN:
            start = places[passed]
        else:
            found.append((start, places[passed - 1] + 1))
    return found

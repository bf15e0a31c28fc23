"""Where a search has hit a text: the index marks hits in its own spelling of the text, see ``FoldedSign``."""

from microblog.models.folded_sign import FoldedSign

# The search index marks the start and end of a hit with these; clean() keeps both out of posts.
OPEN, CLOSE = "\x01", "\x02"


def marks(marked, text):
    """``(start, end)`` of each hit in *text*; *marked* is what the index has of it, with OPEN and CLOSE."""
    # Of each character of the index, the place in *text* of the sign that became it.
    places = [place for place, shown in enumerate(FoldedSign.folded(text)) for _character in shown]
    found, passed = [], 0
    for character in marked:
        if character == OPEN:
            start = places[passed]
        elif character == CLOSE:
            found.append((start, places[passed - 1] + 1))
        else:
            passed += 1
    return found

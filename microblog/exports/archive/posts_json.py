"""
posts.json, the file that is mailed: all posts of a user, oldest first, one per line.

It has what the archive's own posts have, with whole seconds.
"""

import json
from typing import IO

from microblog.exports.archive.own import ArchivedPost

SECONDS = len("2026-11-22T14:31:00")
# Of an answer and of what was written elsewhere.
SOME_HAVE = ("reply_to", "origin")


class PostsFile:
    """Writes posts, as the archive has them, to *file*, a text file."""

    def __init__(self, file: IO[str]):
        self._file, self._separator = file, "\n"
        file.write('{"posts": [')

    def add(self, post: ArchivedPost) -> None:
        moment = f"{post['timestamp'][:SECONDS]}Z"
        line = {"body": post["body"], "timestamp": moment, "id": post["id"], "language": post["language"]}
        line |= {name: post[name] for name in SOME_HAVE if post.get(name)}
        self._file.write(self._separator + _encode(line))
        self._separator = ",\n"

    def finish(self) -> None:
        self._file.write("]}\n" if self._separator == "\n" else "\n]}\n")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode

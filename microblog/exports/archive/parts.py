"""The parts of an archive in the order in which they are written: checksums after what they are of."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from microblog.exports.archive import bag, feed, mastodon, own, snapshot
from microblog.exports.archive.container import Container
from microblog.exports.archive.pages import Pages, Words
from microblog.exports.archive.site import Site
from microblog.exports.archive.snapshot import Page

# How often the posts are read: for data/, the feed, the outbox and the pages.
PASSES = 4

# Called with how many steps are done, and how many there are.
Report = Callable[[int, int], None]


class Source(NamedTuple):
    """Whose archive, of which ``Site``; *messages*: also these and the e-mail address; *words*: of pages."""

    user_id: int
    site: Site
    words: Words
    messages: bool = False


def write(file: IO[bytes], source: Source, report: Report) -> int:
    """
    Write the archive of what *source* names to *file*, a binary one, and return how many posts are in it.

    All of it is of one moment. *report(done, total)* is called before the first page of posts and after
    each, for all passes over them; if it raises, the file is worth nothing.
    """
    with snapshot.taken(source.user_id) as seen, Container(file, seen.posts) as container:
        counted = _Count(seen.posts * PASSES, report)
        own.write_data(container, seen, counted)
        bag.write_payload_manifest(container, seen, source.site)
        own.write_record(container, seen, source.messages)
        mastodon.write_actor(container, seen, source.site)
        mastodon.write_collections(container, seen, source.site)
        mastodon.write_lists(container, seen, source.site)
        feed.write(container, seen, source.site, counted)
        mastodon.write_outbox(container, seen, source.site, counted)
        Pages(container, seen, source.site, source.words, source.messages).write(counted)
        bag.write_tag_manifest(container, source.site.keys)
        return seen.posts


class _Count:
    """Reports each page that passes through."""

    def __init__(self, total: int, report: Report):
        self._done, self._total, self._report = 0, total, report
        report(0, total)

    def __call__(self, pages: Iterable[Page]) -> Iterator[Page]:
        for text, count in pages:
            yield text, count
            self._done += count
            self._report(self._done, self._total)

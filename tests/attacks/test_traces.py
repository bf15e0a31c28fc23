"""What somebody did to others is nowhere for those from whom they are hidden: pages, feeds, and the API."""

import re

import pytest

from microblog.models import Block, Like, Message, Post
from tests.attacks.test_crawl import crawl
from tests.attacks.test_routes import ROWS, address

WORDS = "words-of-john"
TRACE = re.compile(rf"\bjohn\b|{WORDS}".encode())
# Here a name stays, for whoever asks for it, wrote with them, blocked them, or looks after the site.
KEPT = re.compile("john|/messages|/api/threads|/settings/blocked$|/admin|/api/notifications")
FEEDS = {"/feed.atom", "/tag/tea/feed.atom", "/tag/tea/feed.json"}
EVERYBODYS = {"/explore", "/tag/tea", "/search?q=needle", *FEEDS}
MEMBERS = {
    *("/", "/news", "/people", "/user/susan/followers", "/user/susan/following"),
    *("/api/news", "/api/people", "/api/posts", "/api/tags/tea", "/api/timeline", "/api/users"),
    *("/api/users/susan/followers", "/api/users/susan/following"),
}


@pytest.fixture
def post(site):
    """A post of susan's; john has done to it and to her all that one can do, and she follows him."""
    post = Post.create(author=site.susan, body="a needle about #tea")
    Post.create(author=site.john, body=f"{WORDS} for @susan about #tea", answers=post)
    Post.create(author=site.john, body=f"{WORDS}, a needle about #tea")
    Like.add(site.john, post)
    Message.send(site.john, site.susan, WORDS)
    site.john.follow(site.susan)
    site.susan.follow(site.john)
    return post


def traces(site, visitor, post):
    """The paths of what *visitor* can read and in which something of john's is."""
    guessed = [address(site, route) for method, route, *_ in ROWS if method == "GET"]
    pages = crawl(site.visitors[visitor], ["/", f"/post/{post.id}", *EVERYBODYS, *guessed])
    if secret := site.secrets.get(visitor):
        headers = {"Authorization": f"Bearer {secret}"}
        asked = {f"/api/posts/{post.id}", *(path for path in guessed if path.startswith("/api/"))}
        pages |= {
            path: site.app.test_client().get(path, headers=headers, buffered=True).data for path in asked
        }
    return {path for path, page in pages.items() if TRACE.search(page) and not KEPT.search(path)}


HIDINGS = {
    "suspended": (lambda site: site.john.suspend(), ("nobody", "susan")),
    "blocks susan": (lambda site: Block.add(site.john, site.susan), ("susan",)),
    "is blocked by susan": (lambda site: Block.add(site.susan, site.john), ("susan",)),
    "deleted": (lambda site: site.john.delete_instance(), ("nobody", "susan")),
}


@pytest.mark.parametrize("visitor", ["nobody", "susan"])
def test_what_somebody_did_is_read_in_all_these_places(site, post, visitor):
    there = EVERYBODYS | {f"/post/{post.id}"} | (MEMBERS if visitor == "susan" else set())

    assert there - traces(site, visitor, post) == set()


@pytest.mark.parametrize(
    ("hide", "visitor"),
    [
        pytest.param(hide, visitor, id=f"{case}-{visitor}")
        for case, (hide, visitors) in HIDINGS.items()
        for visitor in visitors
    ],
)
@pytest.mark.asvs("8.2.2")
def test_nothing_of_it_is_left_where_they_are_hidden(site, post, hide, visitor):
    hide(site)

    found = traces(site, visitor, post)

    if not (site.john.suspended_at or visitor == "nobody"):
        # Feeds of a public site are the same for everybody, also for who is not signed in.
        found = {path for path in found if "feed." not in path}
    assert found == set()

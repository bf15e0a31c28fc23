"""Whom a post names, on every page, feed and list that shows it: no link leads to those who are hidden."""

import re

import pytest

from microblog.models import Block, Post, User
from tests.attacks.test_crawl import crawl
from tests.attacks.test_routes import ROWS, address

TEXT = "a needle for @susan about #tea"
# Where the last posts of everybody, of mary, and with the tag are read.
PLACES = {
    *("/explore", "/feed.atom", "/feed.json", "/user/mary", "/user/mary/feed.atom", "/user/mary/feed.json"),
    *("/tag/tea", "/tag/tea/feed.atom", "/tag/tea/feed.json", "/search?q=needle"),
}
NAMED = re.compile(rb"@(?:<mark>)?susan")
LEADING = re.compile(rb'/user/renamed_one\b[^@]{0,80}@(?:<mark>)?susan|"mentions":\["renamed_one"')


@pytest.fixture
def needle(site):
    """A post by mary, whom all follow, that names susan, who then takes another name; and an answer to it."""
    post = Post.create(author=site.mary, body=TEXT)
    Post.create(author=site.mary, body=f"Again: {TEXT}", answers=post)
    for user in (site.susan, site.john):
        user.follow(site.mary)
    User.update(username="renamed_one").where(User.id == site.susan.id).execute()
    return post


def naming(site, visitor, needle):
    """Each page that *visitor* can read and that shows the post, by its URL."""
    guessed = [address(site, route, "john") for method, route, *_ in ROWS if method == "GET"]
    pages = crawl(site.visitors[visitor], ["/", f"/post/{needle.id}", *PLACES, *guessed])
    secret = site.secrets.get(visitor)
    program, headers = site.app.test_client(), {"Authorization": f"Bearer {secret}"}
    if secret:
        lists = (
            f"/api/posts/{needle.id}",
            "/api/posts",
            "/api/timeline",
            "/api/users/mary/posts",
            "/api/tags/tea",
        )
        pages |= {path: program.get(path, headers=headers).data for path in lists}
    return {path: page for path, page in pages.items() if NAMED.search(page)}


def places_of(visitor, needle):
    """Where *visitor* reads it at least."""
    return PLACES | {f"/post/{needle.id}"} | (set() if visitor == "nobody" else {"/", "/api/timeline"})


@pytest.mark.parametrize("visitor", ["nobody", "john", "susan", "mary"])
def test_a_name_leads_to_whom_it_meant_wherever_the_post_is_read(site, needle, visitor):
    pages = naming(site, visitor, needle)

    assert places_of(visitor, needle) <= pages.keys()
    # A question, and the text that it is about; and texts that are links to their posts themselves.
    other = re.compile("/delete|/report$|^/news")
    assert [path for path, page in pages.items() if not (LEADING.search(page) or other.search(path))] == []


HIDDEN_FROM = {
    "suspended": (lambda site: site.susan.suspend(), ("nobody", "john", "mary")),
    "blocks john": (lambda site: Block.add(site.susan, site.john), ("john",)),
    "is blocked by john": (lambda site: Block.add(site.john, site.susan), ("john",)),
    "deleted": (lambda site: site.susan.delete_instance(), ("nobody", "john", "mary")),
}


@pytest.mark.parametrize(
    ("hide", "visitor"),
    [
        pytest.param(hide, visitor, id=f"{case}-{visitor}")
        for case, (hide, them) in HIDDEN_FROM.items()
        for visitor in them
    ],
)
@pytest.mark.asvs("8.2.2")
def test_it_leads_to_nobody_and_tells_no_new_name_where_they_are_hidden(site, needle, hide, visitor):
    hide(site)

    pages = naming(site, visitor, needle)

    assert places_of(visitor, needle) <= pages.keys()
    # Feeds of a public site are the same for everybody, also for who is not signed in.
    pages = {path: page for path, page in pages.items() if "feed." not in path or visitor == "nobody"}
    assert [path for path, page in pages.items() if LEADING.search(page) or b"renamed_one" in page] == []

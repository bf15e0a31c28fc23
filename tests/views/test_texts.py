"""What people write, wherever a page shows it: its direction, its lines, its characters."""

import re
from html.parser import HTMLParser

import pytest

from microblog.models import Like, Message, Post, Token, User
from tests.attacks.test_crawl import crawl
from tests.import_files import MASTODON, note, outbox, packed
from tests.views.test_imports import upload

MARK = "שלום"
FLAGS = "🇩🇪🇪🇺"
# A first line too long for a title, an empty line for each kind of blank one, and lines of both directions.
TEXT = f"{FLAGS * 17} {MARK}\n\n\u200b\n \nhello {MARK}!\n{MARK} hello."
LONG = f"{MARK} {FLAGS * 300}\n{TEXT}"
ARCHIVE = {
    "actor.json": {**MASTODON["actor.json"], "summary": f"<p>{TEXT}</p>"},
    "outbox.json": outbox(note(1, content=f"<pre>{TEXT}</pre>")),
}
BLANKS = re.compile(r"\n[ \u200b]*\n[ \u200b]*\n")
VOID = {"br", "circle", "hr", "img", "input", "link", "meta", "path", "rect", "use"}


class Texts(HTMLParser):
    """Each text of a page with the elements around it, from the outermost: pairs of a name and attributes."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        while tag not in VOID and self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.found.append((data, list(self.open)))


def has_own_direction(around):
    return any(tag == "bdi" or attributes.get("dir") == "auto" for tag, attributes in around)


def keeps_lines(around):
    return any("e-content" in attributes.get("class", "").split() for _tag, attributes in around)


@pytest.fixture
def pages(susan, john, write_posts, sign_in):
    """Each page with a text of susan's or john's, by its path, as the administrator susan reads it."""
    User.update(about_me=TEXT, is_admin=True).where(User.id == susan.id).execute()
    User.update(about_me=TEXT).where(User.id == john.id).execute()
    susan, john = User.named("susan"), User.named("john")
    susan.follow(john)
    john.follow(susan)
    [post, _] = write_posts(susan, TEXT, f"tea #{MARK}")
    Post.create(author=john, body=LONG)
    Post.create(author=john, body=f"@susan {MARK} {TEXT}"[:140], reply_to=post, conversation=post)
    Like.add(john, post)
    Message.send(susan, john, TEXT)
    Message.send(john, susan, f"{MARK} {TEXT}"[:140])
    Token.issue(susan, f"{MARK} token")
    browser = sign_in(susan)
    upload(browser, packed(ARCHIVE), f"{MARK}{FLAGS * 70}.zip")
    first = ["/", f"/search?q={MARK}", f"/tag/{MARK}", "/user/john/popup", f"/post/{post.id}/delete"]
    seen = crawl(browser, first)
    return {path: page.decode() for path, page in seen.items() if page.lstrip().startswith(b"<!doctype")}


def test_each_text_has_its_own_direction_no_blank_lines_and_whole_characters(pages):
    shown, wrong = set(), []
    for path, page in pages.items():
        for text, around in Texts(page).found:
            tag = around[-1][0] if around else None
            if MARK in text and tag not in ("title", "option"):
                shown.add(path)
                wrong += [(path, "direction", around[-1])] * (not has_own_direction(around))
                wrong += [(path, "lines", around[-1])] * (keeps_lines(around) and bool(BLANKS.search(text)))
        wrong += [(path, "flags", run) for run in re.findall("[🇦-🇿]+", page) if len(run) % 2]

    assert wrong == []
    assert len(shown) > 15

"""Posts as Atom and as JSON Feed 1.1, for feed readers; of many posts in pages, as RFC 5005 says."""

import json
import re
from datetime import UTC, datetime
from typing import NamedTuple

from feedgenerator import Atom1Feed
from markupsafe import Markup

from microblog.base.text import beginning
from microblog.models import User
from microblog.web import site
from microblog.web.dates import iso
from microblog.web.pagination import Page
from microblog.web.paths import path_for
from microblog.web.post_text import linked
from microblog.web.presentation import site_address

LINE, BLANK_LINE = Markup('<div dir="auto">{}</div>'), "<div><br></div>"
# Characters that XML cannot represent, not even escaped.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Feed(NamedTuple):
    """A Page of posts of the feed at the URL *address*: of *author*, with *tag*, or everybody's."""

    address: str
    shown: Page
    author: User | None = None
    tag: str | None = None

    @property
    def title(self):
        about = self.author.username if self.author else self.tag and f"#{self.tag}"
        name = site.current().name
        return f"{about} · {name}" if about else name

    @property
    def subtitle(self):
        """What the site is about, over everybody's posts; None if it does not say."""
        return None if self.author or self.tag else site.current().sentence or None

    @property
    def page(self):
        """The URL of the HTML page with the same posts."""
        if self.author:
            return _page_of(self.author)
        return _page_of_tag(self.tag) if self.tag else site_address() + path_for("posts.explore")

    @property
    def posts(self):
        return self.shown.items

    @property
    def older(self):
        """The URL of the page with the posts before these; None if there is none."""
        return None if self.shown.older is None else f"{self.address}?before={self.shown.older}"

    @property
    def newer(self):
        return None if self.shown.newer is None else f"{self.address}?after={self.shown.newer}"

    @property
    def updated(self):
        """When the newest post was written, or could have been."""
        if self.posts:
            return self.posts[0].timestamp
        return self.author.created_at if self.author else datetime.fromtimestamp(0, UTC)


def atom(feed):
    """*feed* in Atom, as bytes."""
    document = _Atom(
        feed.title,
        feed.page,
        description=feed.subtitle,
        feed_url=None if feed.newer else feed.address,
        feed_guid=feed.address,
        author_name=feed.author and feed.author.username,
        author_link=feed.author and _page_of(feed.author),
        updated=feed.updated,
        older=feed.older,
        newer=feed.newer,
    )
    for post in feed.posts:
        document.add_item(
            title=beginning(_plain(post)),
            link=_permalink(post),
            unique_id=_permalink(post),
            description=None,
            content=_html(post),
            pubdate=post.timestamp,
            author_name=post.author.username,
            author_link=_page_of(post.author),
            language=post.language,
            answered=post.conversation and _address(post.reply_to),
            categories=post.tags,
        )
    return document.writeString("utf-8").encode()


def json_feed(feed):
    """*feed* in JSON Feed 1.1, as bytes."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "items": [_item(post) for post in feed.posts],
    }
    if feed.older:
        document["next_url"] = feed.older
    if feed.subtitle:
        document["description"] = feed.subtitle
    if feed.author:
        document["authors"] = [_person(feed.author)]
    return json.dumps(document, ensure_ascii=False).encode()


class _Atom(Atom1Feed):
    """With what an answer is to, as RFC 4685 says, and the pages before and after."""

    def root_attributes(self):
        return {**super().root_attributes(), "xmlns:thr": "http://purl.org/syndication/thread/1.0"}

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        for relation, name in (("next", "older"), ("previous", "newer")):
            if self.feed[name]:
                handler.addQuickElement("link", "", {"rel": relation, "href": self.feed[name]})

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        if answered := item["answered"]:
            target = {"ref": answered, "href": answered, "type": "text/html"}
            handler.addQuickElement("thr:in-reply-to", "", target)

    def latest_post_date(self):
        # Otherwise an empty feed would look updated at every request.
        return self.feed["updated"]

    def item_attributes(self, item):
        return {"xml:lang": item["language"]} if item["language"] else {}


def _item(post):
    item = {
        "id": _permalink(post),
        "url": _permalink(post),
        "content_text": _plain(post),
        "content_html": _html(post),
        "date_published": iso(post.timestamp),
        "authors": [_person(post.author)],
    }
    if post.language:
        item["language"] = post.language
    if post.tags:
        item["tags"] = post.tags
    if post.conversation:
        item["_microblog"] = {
            "reply_to": _address(post.reply_to),
            "conversation": _address(post.conversation),
        }
    return item


def _person(user):
    return {"name": user.username, "url": _page_of(user)}


def _plain(post):
    return NOT_XML.sub("", post.body)


def _html(post):
    """Each line has a direction of its own, which no style sheet gives it here."""
    lines = linked(_plain(post), post, _person_anchor, _tag_anchor).split("\n")
    return "".join(LINE.format(line) if line else BLANK_LINE for line in lines)


def _person_anchor(username, _classes):
    return _anchor(_page_of_name(username))


def _tag_anchor(word):
    return _anchor(_page_of_tag(word))


def _anchor(address):
    return Markup('<a href="{}">').format(address)


def _permalink(post):
    return _address(post.id)


def _address(post_id):
    return site_address() + path_for("posts.show", post_id=post_id)


def _page_of(user):
    return _page_of_name(user.username)


def _page_of_name(username):
    return site_address() + path_for("users.show", username=username)


def _page_of_tag(word):
    return site_address() + path_for("tags.show", word=word)

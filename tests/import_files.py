"""Files of the shapes that other sites write, for tests of the import."""

import io
import json
import tarfile
import zipfile

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ACTOR = "https://mastodon.example/users/susan"
FOLLOWERS = f"{ACTOR}/followers"


def packed(files, folder=""):
    """A ZIP file of *files*, from names to texts, objects or bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, as_bytes(content))
    return file.getvalue()


def tarred(files):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(as_bytes(content))
            archive.addfile(entry, io.BytesIO(as_bytes(content)))
    return file.getvalue()


def as_bytes(content):
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def note(number, content="<p>hello</p>", **fields):
    """An activity of a Mastodon outbox: a public post, unless *fields* of its object say otherwise."""
    address = f"{ACTOR}/statuses/{number}"
    told = {"to": fields.pop("to", [PUBLIC]), "cc": fields.pop("cc", [FOLLOWERS])}
    published = f"2024-09-{number:02d}T10:00:00Z"
    thing = {
        "id": address,
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": published,
        "url": f"https://mastodon.example/@susan/{number}",
        "attributedTo": ACTOR,
        "content": content,
        "contentMap": {"en": content},
        "attachment": [],
        "tag": [],
        **told,
        **fields,
    }
    activity = {"id": f"{address}/activity", "type": "Create", "actor": ACTOR, "published": published, **told}
    return {**activity, "object": thing}


def outbox(*activities):
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "outbox.json",
        "type": "OrderedCollection",
        # Mastodon counts only what everybody may see.
        "totalItems": 1,
        "orderedItems": list(activities),
    }


# Eleven activities as a real archive has them: five are posts, one of them in answer to somebody else.
OUTBOX = outbox(
    note(1, "<p>first</p>"),
    note(2, "<p>on it goes</p>", inReplyTo=f"{ACTOR}/statuses/1"),
    note(3, "<p>for you</p>", inReplyTo="https://elsewhere.example/users/john/statuses/9"),
    note(
        4,
        '<p>look <a href="https://a.example/x"><span class="invisible">https://</span>a.example/x</a></p>',
        summary="food",
        attachment=[{"type": "Document", "mediaType": "image/png", "url": "/m/1.png", "name": "a cake"}],
    ),
    note(5, "<p>not listed</p>", to=[FOLLOWERS], cc=[PUBLIC]),
    note(6, "<p>for followers</p>", to=[FOLLOWERS], cc=[]),
    note(7, "<p>direct</p>", to=["https://elsewhere.example/users/john"], cc=[]),
    note(8, "<p>of Akkoma</p>", directMessage=True),
    {**note(9), "type": "Announce", "object": "https://elsewhere.example/users/john/statuses/1"},
    {**note(10), "type": "Delete"},
    note(11, ""),
)
MASTODON = {
    "actor.json": {"type": "Person", "id": ACTOR, "preferredUsername": "susan", "summary": "<p>I write</p>"},
    "outbox.json": OUTBOX,
    "following_accounts.csv": "Account address,Show boosts\njohn@localhost,true\nann@far.example,true\n",
}


def tweet(number, text, **fields):
    posted = f"Tue Mar 0{number} 08:00:00 +0000 2022"
    thing = {"id_str": f"150000000000000000{number}", "full_text": text, "created_at": posted, "lang": "en"}
    return {"tweet": {**thing, "retweeted": False, "entities": {"urls": []}, **fields}}


def script(name, items):
    return f"window.YTD.{name}.part0 = " + json.dumps(items)


LONG = "word " * 100
X = {
    "data/account.js": script("account", [{"account": {"accountId": "77", "username": "susan"}}]),
    "data/profile.js": script("profile", [{"profile": {"description": {"bio": "I &amp; you"}}}]),
    "data/tweets.js": script(
        "tweets",
        [
            tweet(1, "a &lt; b", lang="und"),
            tweet(
                2,
                "see https://t.co/a https://t.co/pic",
                entities={
                    "urls": [{"url": "https://t.co/a", "expanded_url": "https://a.example/"}],
                    "media": [{"url": "https://t.co/pic"}],
                },
            ),
            tweet(3, "RT @john: his words"),
            tweet(4, "@john yes", in_reply_to_user_id_str="5", in_reply_to_status_id_str="99"),
            tweet(
                5, "and more", in_reply_to_user_id_str="77", in_reply_to_status_id_str="1500000000000000001"
            ),
        ],
    ),
    "data/tweets-part1.js": script("tweets", [tweet(6, LONG[:270] + "…")]),
    "data/note-tweet.js": script("note_tweet", [{"noteTweet": {"noteTweetId": "3", "core": {"text": LONG}}}]),
    "data/direct-messages.js": script("direct_messages", [{"dmConversation": {"messages": []}}]),
    "data/like.js": script("like", [{"like": {"tweetId": "4", "fullText": "liked"}}]),
}

FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Susan",
    "items": [
        {"id": "a", "content_text": "plain", "date_published": "2020-01-01T00:00:00Z", "language": "es-MX"},
        {"id": 2, "content_html": "<p>rich</p>", "date_published": "2020-01-02T00:00:00+02:00"},
        {"content_text": "no id", "date_published": "2020-01-03T00:00:00Z"},
        {"id": "d", "content_text": "no date"},
    ],
}
BAR = {"feed.json": FEED, "index.html": "<!doctype html>"}

ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Susan</title>
<entry><id>tag:one</id><title>x</title><published>2020-05-01T10:00:00Z</published>
 <link rel="self" href="https://a.example/self"/><link href="https://a.example/one"/>
 <content type="html">&lt;p&gt;one &amp;amp; only&lt;/p&gt;</content></entry>
<entry xml:lang="de"><id>tag:two</id><updated>2020-05-02T10:00:00Z</updated>
 <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>zwei</p><p>Absätze</p></div></content>
</entry>
<entry><id>tag:three</id><summary>a &lt; b</summary><updated>soon</updated></entry>
</feed>"""
RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Susan</title><language>en</language>
<item><title>t</title><link>https://a.example/1</link><guid>g1</guid><description>short</description>
 <content:encoded><![CDATA[<p>whole</p>]]></content:encoded>
 <pubDate>Fri, 01 May 2020 10:00:00 GMT</pubDate></item>
<item><title>title alone</title><link>https://a.example/2</link><dc:date>2020-05-02T10:00:00Z</dc:date></item>
<item><description>no date</description><guid>g3</guid></item>
</channel></rss>"""

POSTS_OLD = {
    "posts": [
        {"body": "one", "timestamp": "2020-01-01T00:00:00Z"},
        {"body": "one", "timestamp": "2020-01-01T00:00:00Z"},
        {"body": "  ", "timestamp": "2020-01-01T00:00:01Z"},
        {"body": "never"},
    ]
}
POSTS_NEW = {
    "posts": [
        {"id": "1577836800000007", "body": "a", "timestamp": "2020-01-01T00:00:00Z", "language": "es"},
        {"id": "1577836800000008", "body": "b", "timestamp": "2021-01-01T00:00:00Z", "language": None},
    ]
}

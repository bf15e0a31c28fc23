"""What ``pages.py`` asks for, page by page: each a generator of Requests, of which no two need be alike."""

from itertools import count

from clients import Request

WORDS = ["tea", "rain", "small+server", "%E5%AF%BC%E5%87%BA", "bread", "coffee", "train", "garden"]
SINCE = "/notifications?since="


def sign_in(_site, _client, _chance):
    while True:
        yield Request("/auth/login", by="stranger")


def empty(_site, _client, _chance):
    while True:
        yield Request("/settings/blocked")


def home(_site, _client, _chance):
    while True:
        yield Request("/")


def halfway_home(site, _client, _chance):
    while True:
        yield Request(f"/?before={site.halfway}")


def explore(_site, _client, _chance):
    while True:
        yield Request("/explore")


def profile(site, _client, chance):
    while True:
        yield Request(f"/user/{chance.choice(site.names)}")


def post(site, _client, chance):
    while True:
        yield Request(f"/post/{chance.choice(site.posts)}")


def news(_site, _client, _chance):
    while True:
        yield Request("/news")


def people(_site, _client, _chance):
    while True:
        yield Request("/people")


def tag(_site, _client, _chance):
    while True:
        yield Request("/tag/bread")


def search(_site, _client, chance):
    while True:
        yield Request(f"/search?q={chance.choice(WORDS)}")


def messages(_site, _client, _chance):
    while True:
        yield Request("/messages")


def poll(_site, client, _chance):
    since = last_notification(client)
    while True:
        yield Request(f"{SINCE}{since}")


def poll_with_news(_site, client, _chance):
    since = last_notification(client) - 1
    while True:
        yield Request(f"{SINCE}{since}")


def many_notifications(_site, _client, _chance):
    while True:
        yield Request(f"{SINCE}0")


def new_post(_site, client, _chance):
    cookies = dict(client.cookies)
    for number in count():
        # The page that follows shows what was said of a post, and takes it out of the session. Here it would
        # pile up in a cookie that grows with each post.
        client.cookies = dict(cookies)
        yield Request("/", form={"post": f"Number {number} of {client.person.name}."}, status=302)


def api_list(_site, _client, _chance):
    while True:
        yield Request("/api/posts", by="program")


def feed(_site, _client, _chance):
    while True:
        yield Request("/feed.atom", by="stranger")


def unchanged_feed(_site, client, _chance):
    tag = client.ask(Request("/feed.atom", by="stranger")).headers["etag"]
    while True:
        yield Request("/feed.atom", headers={"If-None-Match": tag}, status=304, by="stranger")


def admin_tasks(_site, _client, _chance):
    while True:
        yield Request("/admin/tasks")


def hello(_site, _client, _chance):
    while True:
        yield Request("/", by="stranger")


def last_notification(client):
    """The id of the newest notification of the client's person."""
    since, news = 0, True
    while news := client.ask(Request(f"{SINCE}{since}")).json:
        since = news[-1]["id"]
    return since


PAGES = {
    "sign-in page": sign_in,
    "a page with nothing on it": empty,
    "home": home,
    "home half way down": halfway_home,
    "explore": explore,
    "profile": profile,
    "post": post,
    "news": news,
    "people": people,
    "tag": tag,
    "search": search,
    "messages": messages,
    "poll": poll,
    "poll with news": poll_with_news,
    "new post": new_post,
    "API list": api_list,
    "feed": feed,
    "feed unchanged": unchanged_feed,
    "admin tasks": admin_tasks,
    "many notifications": many_notifications,
}
# What only the first of the people can see, or has much of.
OF_THE_FIRST = {admin_tasks, many_notifications}

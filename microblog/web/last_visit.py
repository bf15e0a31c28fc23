"""What is new to a reader: what came after their last visit, as a cookie in their browser remembers it."""

from datetime import timedelta
from typing import NamedTuple

from flask import request

from microblog import clock
from microblog.security import cookies

COOKIE = "visit"
# Who comes back sooner is on the same visit still, and what was new stays marked.
PAUSE_S = timedelta(minutes=30).total_seconds()
YEAR = timedelta(days=365)


class Visit(NamedTuple):
    """Ids of posts: what came after *since* is new, *newest* has been shown; *seen_s* is when."""

    user_id: int
    since: int
    newest: int
    seen_s: int

    @classmethod
    def of(cls, user, newest):
        """The visit that *user* is on, now that *newest*, an id, is the newest post on their home page."""
        now_s = int(clock.now().timestamp())
        before = _remembered()
        if before is None or before.user_id != user.id:
            return cls(user.id, newest, newest, now_s)
        goes_on = 0 <= now_s - before.seen_s < PAUSE_S
        since = before.since if goes_on else before.newest
        return cls(user.id, since, max(before.newest, newest), now_s)

    def is_new(self, post):
        """Whether *post* came after the visit before this one, and is somebody else's."""
        return post.id > self.since and post.author_id != self.user_id

    def remember(self, response):
        """Let the browser keep it."""
        cookies.keep(response, COOKIE, ".".join(map(str, self)), YEAR)


def _remembered():
    try:
        return Visit(*map(int, request.cookies.get(COOKIE, "").split(".")))
    except (ValueError, TypeError):
        return None

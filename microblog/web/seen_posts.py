"""Which posts a reader has seen: those since their last visit, which a cookie remembers, are new."""

from datetime import timedelta
from typing import NamedTuple

from microblog.base import clock
from microblog.base.cookie_names import full_name, given
from microblog.models.post_id import EARLIEST, latest_plausible
from microblog.web import cookies

COOKIE = "visit"
# Within this pause it is still the same visit, and new posts stay marked.
PAUSE_S = timedelta(minutes=30).total_seconds()


class Visit(NamedTuple):
    """
    Post ids: those after *since* are new, *newest* was shown last, at *seen_s*, a Unix time in seconds.

    As ids are times, posts that come from elsewhere later, at their own dates, are new to nobody.
    """

    user_id: int
    since: int
    newest: int
    seen_s: int

    @classmethod
    def current(cls, user, newest):
        """The current visit of *user*, given the id of the *newest* post that they could have seen."""
        now_s = int(clock.now().timestamp())
        # Else nothing would be new until the time has come that a wrong clock has given to a post.
        newest = min(newest, latest_plausible())
        before = _remembered()
        if before is None or before.user_id != user.id:
            return cls(user.id, newest, newest, now_s)
        goes_on = 0 <= now_s - before.seen_s < PAUSE_S
        since = before.since if goes_on else before.newest
        return cls(user.id, since, max(before.newest, newest), now_s)

    def remember(self):
        """Store the visit in a cookie."""
        cookies.keep(COOKIE, ".".join(map(str, self)))

    @staticmethod
    def forget(response):
        """Let the next visit count as the first, on which nothing is new."""
        response.delete_cookie(full_name(COOKIE))


def is_new(post, visit):
    """Whether *post* came after the visit before *visit*, and is somebody else's."""
    return post.id > visit.since and post.author_id != visit.user_id


def _remembered():
    try:
        visit = Visit(*map(int, given(COOKIE).split(".")))
    except (ValueError, TypeError):
        return None
    # Ids were no times once.
    return visit if EARLIEST <= min(visit[1:3]) <= max(visit[1:3]) <= latest_plausible() else None

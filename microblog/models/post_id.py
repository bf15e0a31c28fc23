"""
The ids of posts: the microsecond since 1970 at which a post was written, so that ids sort by time.

An id is unique over the site and for good: that of a deleted post stays its author's, see ``FormerPost``.
"""

from datetime import timedelta

from microblog.base import clock
from microblog.base.database import db

# 1990, and what every program that reads JSON keeps exact: in 2255.
EARLIEST, LATEST = 631_152_000_000_000, 2**53 - 1
# Ids further ahead were made by a clock that was wrong; they must not drag all later ones along.
AHEAD = timedelta(hours=1)

NEWEST = """
    SELECT max(
        (SELECT coalesce(max(id), 0) FROM post WHERE id <= ?1),
        (SELECT coalesce(max(id), 0) FROM former_post WHERE id <= ?1)
    )
"""
TAKEN = """
    SELECT EXISTS (SELECT 1 FROM post WHERE id = ?1)
    OR EXISTS (SELECT 1 FROM former_post WHERE id = ?1 AND (author_id = ?2) IS NOT 1)
"""


def next_id():
    """
    The id of a post that is written now: above those of all posts until now, also if the clock was set back.

    Whoever inserts the post must have begun a transaction before, or somebody else takes the same id.
    """
    [newest] = db.execute_sql(NEWEST, (latest_plausible(),)).fetchone()
    return free_id(max(clock.in_microseconds(clock.now()), newest + 1, EARLIEST))


def free_id(wanted, author_id=None):
    """
    *wanted*, or the next id that no post has or had; for posts that are put back or come from elsewhere.

    *author_id*: whose own deleted posts do not count, because they are put back.
    """
    while db.execute_sql(TAKEN, (wanted, author_id)).fetchone()[0]:
        wanted += 1
    return wanted


def latest_plausible():
    """The id above which a post is dated in the future."""
    return clock.in_microseconds(clock.now() + AHEAD)

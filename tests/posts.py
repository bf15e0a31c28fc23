"""Many posts at once, and posts of a given time."""

from microblog.base.clock import in_microseconds
from microblog.models import Post
from microblog.models.post_id import next_id


def insert_posts(author, bodies):
    """Insert a post of *author* with each of *bodies*, written a microsecond apart from now on."""
    rows = [{"id": post_id, "author": author, "body": body} for post_id, body in enumerate(bodies, next_id())]
    for start in range(0, len(rows), 5000):
        Post.insert_many(rows[start : start + 5000]).execute()


def write_at(moment, author, body, **values):
    """Insert and return a post that was written at *moment*, an aware datetime."""
    return Post.create(id=in_microseconds(moment), author=author, body=body, **values)

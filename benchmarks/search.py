"""
Searching a million posts beside LIKE, on the same pages in the same run.

    .venv/bin/python benchmarks/search.py [--posts N] [--rounds N]

Prints the median of each kind of query for a page of 25, and how often LIKE would need that time.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from microblog import create_app
from microblog.base import schema, slices
from microblog.base.config import Settings
from microblog.base.database import connected, db
from microblog.demo import fill
from microblog.models import Post, PostIndex, User
from microblog.tables import TRIGGERS

PAGE = 25
# The query, what LIKE would search for, and how deep the page is, as a share of all posts.
QUERIES = {
    "a common word": ("tea", ["%tea%"], 1),
    "a rare word": ("quokka", ["%quokka%"], 1),
    "a word that nobody wrote": ("wombat", ["%wombat%"], 1),
    "two Chinese characters": ("导出", ["%导出%"], 1),
    "two rare ones": ("考拉", ["%考拉%"], 1),
    "a phrase": ('"small server"', ["%small server%"], 1),
    "two common words": ("tea rain", ["%tea%", "%rain%"], 1),
    "a common and a rare word": ("tea quokka", ["%tea%", "%quokka%"], 1),
    "a prefix": ("expor*", ["%expor%"], 1),
    "a short one, taken as a word": ("t*", ["%t%"], 1),
    "a common word, half-way down": ("tea", ["%tea%"], 0.5),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=21)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        create_app(Settings(data_dir=Path(folder), log_level="ERROR"))
        schema.migrate(TRIGGERS)
        with connected():
            fill(users=1000, posts=options.posts, follows=0, seed=1)
            hide_rare_words(options.posts)
            for name, (query, patterns, depth) in QUERIES.items():
                compare(name, query, patterns, nth(depth * options.posts), options.rounds)
            write_and_delete(options.rounds)
        db.close_all()


def hide_rare_words(posts):
    """Write the rare words into three posts, spread over the table."""
    for part in (1, 2, 3):
        body = f"tea with a quokka and 考拉 {part}"
        Post.update(body=body).where(Post.id == nth(posts * part / 5)).execute()


def nth(number):
    """The id of the post of that *number*, counted from the oldest, 1."""
    return Post.select(Post.id).order_by(Post.id).limit(1).offset(max(0, int(number) - 1)).scalar()


def compare(name, query, patterns, below, rounds):
    by_index = slices.newest(PostIndex.search(query), below + 1, None, PAGE + 1, PostIndex)
    by_like = Post.visible_to().query.where(Post.id <= below).limit(PAGE + 1)
    for pattern in patterns:
        by_like = by_like.where(Post.body**pattern)
    ours, hits = median_ms(by_index, rounds)
    theirs, _hits = median_ms(by_like, max(3, rounds // 7))
    print(
        f"{name:30} {query:16} {hits:3} rows  {ours:8.2f} ms   LIKE {theirs:8.1f} ms   {theirs / ours:6.1f}×"
    )


def median_ms(query, rounds):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        rows = len(db.execute_sql(*query.sql()).fetchall())
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), rows


def write_and_delete(rounds):
    """Print what the index costs each write and delete."""
    user = User.named("demo1")
    for body in (
        "a post of forty letters, as people write",
        "把博客的导出任务交给后台之后页面再也不会卡住了",
    ):
        written, deleted = [], []
        for _ in range(rounds * 10):
            began = time.perf_counter()
            post = Post.create(author=user, body=body)
            written.append(time.perf_counter() - began)
            began = time.perf_counter()
            post.delete_instance()
            deleted.append(time.perf_counter() - began)
        print(
            f"write {body[:12]}…: {statistics.median(written) * 1e6:.0f} µs, "
            f"delete: {statistics.median(deleted) * 1e6:.0f} µs"
        )


if __name__ == "__main__":
    main()

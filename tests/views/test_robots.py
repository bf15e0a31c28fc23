"""What search engines may index of a public site."""

import pytest

from microblog.models import Post

ID = 1_800_000_000_000_000


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", True),
        ("/?before=9", False),
        ("/?text=tea", False),
        ("/explore", True),
        ("/user/susan", True),
        (f"/post/{ID}", True),
        ("/explore?before=9", False),
        ("/search?q=tea", False),
        ("/auth/login", False),
        ("/user/nobody", False),
        ("/post/99", False),
    ],
)
def test_search_engines_keep_posts_and_people(client, susan, path, kept):
    Post.create(id=ID, author=susan, body="tea")

    assert (client.get(path).headers.get("X-Robots-Tag") is None) == kept


def test_robots_are_told_where_there_is_nothing_to_read(client, susan):
    assert "Disallow: /search\n" in client.get("/robots.txt").text

"""Out, in again, out: what comes back is what went, byte for byte."""

import zipfile

import pytest

from microblog.exports.archive import names
from microblog.models import Post, User
from tests.posts import insert_posts

TEXTS = [
    "plain", "把博客搬回来", "👩‍👩‍👧" * 20, "\U0001d11e" * 140, "one\n\ntwo\n\n\n\nthree",
    "see https://example.org/?a=1&b=<2>", '"quoted" \\ and \'this\'', "مرحبا", "a" * 140,
]  # fmt: skip


@pytest.fixture
def flask(app):
    """A function that runs a command."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.mark.parametrize("count", [0, 1, len(TEXTS), 2500])
def test_an_archive_that_came_back_is_the_same(flask, susan, tmp_path, count):
    texts = [TEXTS[number % len(TEXTS)] for number in range(count)]
    insert_posts(susan, texts)
    Post.update(language="zh").where(Post.id % 2 == 0).execute()
    User.update(about_me="Hello\nfrom here", language="es").where(User.id == susan.id).execute()
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert flask("export", "susan", "--to", first).exit_code == 0
    Post.delete().execute()
    User.update(about_me="", language=None).where(User.id == susan.id).execute()

    done = flask("import", "susan", first, "--yes")

    assert done.exit_code == 0, done.output
    assert flask("export", "susan", "--to", second).exit_code == 0
    with zipfile.ZipFile(first) as before, zipfile.ZipFile(second) as after:
        assert after.read(names.POSTS) == before.read(names.POSTS)
        assert after.read(names.MANIFEST) == before.read(names.MANIFEST)

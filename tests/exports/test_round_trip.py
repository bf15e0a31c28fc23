"""Out, in again, out: what comes back is what went, byte for byte."""

import zipfile

import pytest

from microblog.base import clock
from microblog.exports.archive import names
from microblog.models import Block, Post, User
from tests.posts import insert_posts

TEXTS = [
    "plain", "把博客搬回来", "👩‍👩‍👧" * 20, "\U0001d11e" * 140, "one\n\ntwo\n\n\n\nthree",
    "see https://example.org/?a=1&b=<2>", '"quoted" \\ and \'this\'', "مرحبا", "a" * 140,
]  # fmt: skip


@pytest.fixture
def flask(app):
    """A function that runs a command."""
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])


SLOW = [pytest.param(count, marks=pytest.mark.slow) for count in (100_000, 1_000_000)]


@pytest.mark.parametrize("count", [0, 1, len(TEXTS), 2500, *SLOW])
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


def test_answers_come_back_as_they_were_and_join_their_conversations(flask, susan, john, tmp_path):
    first, others = (Post.create(author=user, body="one") for user in (susan, john))
    own = Post.create(answers=first, author=susan, body="two")
    Post.create(answers=own, author=susan, body="three")
    to_john = Post.create(answers=others, author=susan, body="four")
    stays = Post.create(answers=to_john, author=john, body="five")
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    told = list(Post.select(Post.id, Post.reply_to, Post.conversation).order_by(Post.id).tuples())
    assert flask("export", "susan", "--to", one).exit_code == 0
    Post.delete().where(Post.author == susan).execute()

    assert flask("import", "susan", one, "--yes").exit_code == 0

    assert list(Post.select(Post.id, Post.reply_to, Post.conversation).order_by(Post.id).tuples()) == told
    assert stays.conversation == others.id
    assert flask("export", "susan", "--to", two).exit_code == 0
    with zipfile.ZipFile(one) as before, zipfile.ZipFile(two) as after:
        assert b'"reply_to":' in before.read(names.POSTS)
        assert after.read(names.MANIFEST) == before.read(names.MANIFEST)


@pytest.mark.parametrize("reason", ["no seal", "a block"])
def test_what_may_not_be_joined_is_kept_and_goes_out_again(flask, susan, john, tmp_path, reason):
    others = Post.create(author=john, body="john's")
    own = Post.create(author=susan, body="one")
    Post.create(answers=others, author=susan, body="two")
    Post.create(answers=own, author=susan, body="three")
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    assert flask("export", "susan", "--to", one).exit_code == 0
    Post.delete().where(Post.author == susan).execute()
    if reason == "a block":
        Block.add(john, susan)
    else:
        User.update(created_at=clock.now()).where(User.id == susan.id).execute()

    assert flask("import", "susan", one, "--yes").exit_code == 0

    joined = dict(Post.select(Post.body, Post.conversation).where(Post.author == susan).tuples())
    assert joined == {"one": None, "two": None, "three": own.id}
    assert flask("export", "susan", "--to", two).exit_code == 0
    with zipfile.ZipFile(one) as before, zipfile.ZipFile(two) as after:
        assert after.read(names.POSTS) == before.read(names.POSTS)

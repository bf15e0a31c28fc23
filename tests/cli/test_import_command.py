"""``flask import``: posts from a file by the operator, and the undoing of them."""

import pytest

from microblog.imports import import_row, posts
from microblog.imports.import_row import BROUGHT, UNDONE, Import
from microblog.models import Post, User
from tests import import_files as files
from tests.imports.conftest import tables

LINE = "new 4, already here 0, left out 7, unreadable 0\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mastodon.zip"
    path.write_bytes(files.packed(files.MASTODON))
    return path


def outcome(result):
    return result.exit_code, result.stdout


def test_a_dry_run_tells_and_writes_nothing(run, susan, file):
    before = tables()

    assert outcome(run("import", "susan", file, "--dry-run")) == (0, LINE)

    assert tables() == before
    assert (Import.select().count(), list(import_row.folder().iterdir())) == (0, [])


def test_an_import_tells_the_same_and_takes_the_profile_and_nothing_more(run, susan, file):
    assert outcome(run("import", "susan", file, "--yes")) == (0, LINE)

    assert [post.body for post in Post.select().order_by(Post.id)][:2] == ["first", "on it goes"]
    assert (Import.get().state, User.get_by_id(susan.id).about_me) == (BROUGHT, "I write")
    assert list(import_row.folder().iterdir()) == []
    again = "new 0, already here 4, left out 7, unreadable 0\n"
    assert outcome(run("import", "susan", file, "--yes")) == (0, again)


def test_the_latest_import_is_undone(run, susan, file, write_posts):
    write_posts(susan, "mine")
    before = tables()
    run("import", "susan", file, "--yes")

    assert outcome(run("import", "--undo", "susan")) == (0, "undone\n")

    assert (Import.get().state, tables()) == (UNDONE, before)
    assert run("import", "--undo", "susan").exit_code == 1


def test_what_an_import_that_was_killed_has_left_is_undone(run, susan, file, monkeypatch):
    monkeypatch.setattr("microblog.cli.imports._clean_up", lambda _row: None)
    monkeypatch.setattr(posts, "BATCH", 2)
    monkeypatch.setattr("microblog.imports.profiles.bring", lambda *_arguments: 1 / 0)
    run("import", "susan", file, "--yes")
    assert Post.select().count() == 4

    assert run("import", "--undo", "susan").exit_code == 0

    assert (Post.select().count(), Import.select().count()) == (0, 0)


@pytest.mark.parametrize(("words", "code"), [((), 2), (("--undo",), 2)])
def test_without_a_word_nothing_is_written(run, susan, file, words, code):
    assert run("import", "susan", file, *words).exit_code == code
    assert Import.select().count() == 0


def test_what_cannot_be_done_is_said_in_one_line_on_standard_error(run, susan, john, tmp_path, file):
    broken = tmp_path / "broken"
    broken.write_text("hello")
    john.suspend()
    for words in (("nobody", file), ("susan", broken), ("john", file)):
        result = run("import", *words, "--yes")
        assert outcome(result) == (1, "")
        assert len(result.stderr.splitlines()) == 1
    assert Import.select().count() == 0


def test_an_import_that_breaks_off_leaves_nothing(run, susan, file, monkeypatch):
    before = tables()
    monkeypatch.setattr("microblog.imports.profiles.bring", lambda *_arguments: 1 / 0)

    assert run("import", "susan", file, "--yes").exit_code == 1

    assert (tables(), Import.select().count()) == (before, 0)

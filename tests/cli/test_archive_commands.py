import json
import zipfile

import pytest

from microblog import accounts
from microblog.base.database import data_dir
from microblog.exports import archive
from microblog.models import Message


def test_the_operator_exports_for_somebody_even_if_suspended(app, run, susan, write_posts, tmp_path):
    write_posts(susan, "first", "second")
    with app.app_context():
        accounts.suspend(susan, by="mary")

    done = run("export", "susan", "--to", tmp_path / "susan.zip")

    assert (done.exit_code, done.output.count("\n")) == (0, 1)
    with zipfile.ZipFile(tmp_path / "susan.zip") as file:
        assert [post["body"] for post in json.loads(file.read("data/posts.json"))["posts"]] == [
            "first",
            "second",
        ]
        assert "record/messages.json" not in file.namelist()
    assert "export-asked user=susan by=operator" in (data_dir() / "log" / "security.log").read_text()


def test_messages_come_along_if_the_operator_says_so(run, susan, john, tmp_path):
    Message.send(john, susan, "Hello")

    run("export", "susan", "--to", tmp_path / "susan.zip", "--messages")

    with zipfile.ZipFile(tmp_path / "susan.zip") as file:
        assert json.loads(file.read("record/messages.json"))["messages"][0]["body"] == "Hello"
    [line] = [
        line for line in (data_dir() / "log" / "security.log").read_text().splitlines() if "export" in line
    ]
    assert "messages=yes" in line


@pytest.mark.parametrize(
    ("username", "path", "reason"),
    [
        ("nobody_here", "x.zip", "there is no user nobody_here"),
        ("susan", "no/folder/x.zip", "no archive was written"),
        ("susan", ".", "no archive was written"),
        ("susan", "/", "no archive was written"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_line(run, susan, tmp_path, username, path, reason):
    refused = run("export", username, "--to", tmp_path / path)

    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert reason in refused.output
    assert not list(tmp_path.glob("**/*.zip"))
    assert not list(tmp_path.glob("**/*.zip.part"))


@pytest.mark.parametrize("name", ["susan", "susan.part", "susan.zip.part", "al archivo.zip"])
def test_the_archive_may_have_any_name(run, susan, tmp_path, name):
    assert run("export", "susan", "--to", tmp_path / name).exit_code == 0

    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(("susan", "al "))] == [name]
    assert run("archive", "verify", tmp_path / name).exit_code == 0


def test_what_cannot_be_read_back_is_no_archive(run, susan, tmp_path, monkeypatch):
    def fail(_file, _posts):
        raise archive.NotReadBack("1 posts instead of 0")

    monkeypatch.setattr(archive, "read_back", fail)

    refused = run("export", "susan", "--to", tmp_path / "susan.zip")

    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert not (tmp_path / "susan.zip").exists()


def test_an_archive_is_verified_with_a_line_for_each_fault(run, susan, write_posts, tmp_path):
    write_posts(susan, "first")
    whole, spoilt = tmp_path / "whole.zip", tmp_path / "spoilt.zip"
    run("export", "susan", "--to", whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            if name != "avatar.svg":
                new.writestr(name, old.read(name).replace(b"first", b"First"))

    good, bad = run("archive", "verify", whole), run("archive", "verify", spoilt)

    assert (good.exit_code, good.output) == (
        0,
        f"{whole} is whole and unchanged: 1 posts; made by this site\n",
    )
    assert bad.exit_code == 1
    told = bad.output.splitlines()
    assert "avatar.svg is missing." in told
    assert "data/posts.json was changed: its checksum is another." in told


@pytest.mark.parametrize("path", ["missing.zip", "."])
def test_what_is_no_file_cannot_be_verified(run, tmp_path, path):
    refused = run("archive", "verify", tmp_path / path)

    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)


def test_where_there_is_no_site_the_seal_is_not_checked(app, run, susan, tmp_path):
    run("export", "susan", "--to", tmp_path / "susan.zip")
    before = sorted(data_dir().rglob("*"))
    (data_dir() / "microblog.db").rename(data_dir() / "elsewhere.db")

    done = run("archive", "verify", tmp_path / "susan.zip")

    (data_dir() / "elsewhere.db").rename(data_dir() / "microblog.db")
    assert (done.exit_code, done.output.endswith("seal not checked\n")) == (0, True)
    assert sorted(data_dir().rglob("*")) == before

"""What scripts may rely on: exit codes and lines of the commands that write, check and bring archives."""

import json
import re
import zipfile

import click.testing
import pytest

from microblog.base.database import db
from microblog.models import Post
from tests import import_files as files

COUNTS = r"new \d+, already here \d+, left out \d+, unreadable \d+\n"
ONE_LINE = r"[^\n]+\n"
NOTHING = ""
USAGE = r"(?s)Usage: .+"
# Words of a command, in which names of files stand in braces: exit code, standard output, standard error.
CONTRACTS = {
    "export susan --to {new}": (0, ONE_LINE, NOTHING),
    "export susan --to {new} --messages": (0, ONE_LINE, NOTHING),
    "export nobody --to {new}": (1, NOTHING, ONE_LINE),
    "export susan --to {nowhere}": (1, NOTHING, ONE_LINE),
    "export susan --to {folder}": (1, NOTHING, ONE_LINE),
    "export susan": (2, NOTHING, USAGE),
    "archive verify {whole}": (0, ONE_LINE, NOTHING),
    "archive verify {changed}": (1, r"([^\n]+\n){2,}", NOTHING),
    "archive verify {text}": (1, ONE_LINE, NOTHING),
    "archive verify {missing}": (1, NOTHING, ONE_LINE),
    "archive verify {folder}": (1, NOTHING, ONE_LINE),
    "archive verify": (2, NOTHING, USAGE),
    "import susan {whole} --yes": (0, COUNTS, NOTHING),
    "import susan {mastodon} --yes": (0, COUNTS, NOTHING),
    "import susan {mastodon} --dry-run": (0, COUNTS, NOTHING),
    "import susan {mastodon}": (2, NOTHING, USAGE),
    "import nobody {mastodon} --yes": (1, NOTHING, ONE_LINE),
    "import susan {text} --yes": (1, NOTHING, ONE_LINE),
    "import susan {cut} --yes": (1, NOTHING, ONE_LINE),
    "import susan {missing} --yes": (1, NOTHING, ONE_LINE),
    "import susan {folder} --yes": (1, NOTHING, ONE_LINE),
    "import susan --yes": (2, NOTHING, USAGE),
    "import --undo susan": (1, NOTHING, ONE_LINE),
    "import --undo nobody": (1, NOTHING, ONE_LINE),
    "import --undo susan {mastodon}": (2, NOTHING, USAGE),
}
# More than what the database has room for without growing.
DAYS = [f"{year}-{month:02}-01T00:00:00Z" for year in range(1990, 2026) for month in range(1, 13)] * 5
WRITING = {"import susan {mastodon} --yes"}


@pytest.fixture
def given(run, susan, write_posts, tmp_path):
    """The files that the words name."""
    write_posts(susan, "first", "second")
    whole, cut, changed = (tmp_path / name for name in ("whole.zip", "cut.zip", "changed.zip"))
    run("export", "susan", "--to", whole)
    cut.write_bytes(whole.read_bytes()[:-100])
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            if name != "avatar.svg":
                new.writestr(name, old.read(name).replace(b"first", b"First"))
    (tmp_path / "mastodon.zip").write_bytes(files.packed(files.MASTODON))
    (tmp_path / "text").write_text("hello")
    (tmp_path / "folder").mkdir()
    names = {
        "new": "new.zip",
        "nowhere": "nowhere/new.zip",
        "mastodon": "mastodon.zip",
        "missing": "missing.zip",
    }
    paths = {name: tmp_path / names.get(name, name) for name in (*names, "text", "folder")}
    return {"whole": whole, "cut": cut, "changed": changed, **paths}


@pytest.mark.parametrize("words", CONTRACTS)
def test_each_command_ends_as_scripts_expect(run, given, words):
    code, output, errors = CONTRACTS[words]

    done = run(*words.format(**given).split())

    assert (done.exit_code, words) == (code, words), done.output
    assert re.fullmatch(output, done.stdout)
    assert re.fullmatch(errors, done.stderr)
    assert Post.select().count() == (6 if words in WRITING else 2)


@pytest.mark.parametrize(("answer", "posts"), [("y\n", 6), ("n\n", 2), ("", 2)])
def test_at_a_terminal_somebody_is_asked(run, given, monkeypatch, answer, posts):
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _stream: True)

    done = run("import", "susan", given["mastodon"], stdin=answer)

    assert Post.select().count() == posts
    assert done.exit_code == (0 if answer else 1)


def test_a_full_disk_is_one_line_and_leaves_nothing(run, given):
    """The database may not grow any more, which SQLite tells like a full disk."""
    pages = db.execute_sql("PRAGMA page_count").fetchone()[0]
    db.execute_sql(f"PRAGMA max_page_count = {pages}")

    given["text"].write_text(
        json.dumps({"posts": [{"body": "long " * 25, "timestamp": day} for day in DAYS]})
    )

    done = run("import", "susan", given["text"], "--yes")

    db.execute_sql("PRAGMA max_page_count = 1000000")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert Post.select().count() == 2

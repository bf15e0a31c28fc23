import pytest

from microblog.base.database import db
from microblog.imports import import_row, requests
from microblog.imports.import_row import Import
from tests import import_files as files

# Whatever an import could touch, with the rows that must be as before once it is undone.
TABLES = ("post", "mention", "tag", "follow", "user", "block", "message", "notification")


@pytest.fixture
def inside_app(app):
    with app.app_context():
        yield


@pytest.fixture
def look(app):
    """A function that has *content* looked at for *user*, and returns the row of the import."""

    def look(user, content):
        import_row.folder().mkdir(exist_ok=True)
        upload = import_row.folder() / "a.part"
        upload.write_bytes(files.as_bytes(content))
        row = requests.look(user, "file", upload)
        upload.unlink()
        return again(row)

    return look


@pytest.fixture
def bring(look):
    """A function that brings the posts of *content* to *user*, and returns the row of the import."""

    def bring(user, content, **choices):
        row = look(user, content)
        requests.confirm(row, choices)
        return again(row)

    return bring


def again(row):
    """The import as the database has it by now."""
    return Import.of(row.user).where(Import.id == row.id).get()


def tables(but=()):
    """The rows of all that an import could touch."""
    db.execute_sql("INSERT INTO post_index (post_index, rank) VALUES ('integrity-check', 1)")
    found = _rows("SELECT rowid FROM post_index WHERE post_index MATCH 'first OR hello OR on OR a OR one'")
    return {name: _rows(f"SELECT * FROM {name}") for name in TABLES if name not in but} | {"found": found}


def _rows(query):
    return db.execute_sql(query).fetchall()

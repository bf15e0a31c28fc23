import re
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from itertools import product

import pytest
from playhouse.migrations import Runner
from playhouse.pool import PooledSqliteDatabase

from microblog.base import clock, database, schema
from microblog.base.clock import in_microseconds
from microblog.base.config import ROOT
from microblog.base.database import db
from microblog.models import Mention, OldPermalink, Post, PostIndex, Tag, User
from microblog.models.post_id import EARLIEST
from microblog.tables import MODELS, TRIGGERS


def definitions(of):
    rows = of.execute_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    ours = {name: sql for name, sql in rows if not name.startswith(("sqlite_", "schema_migration"))}
    return {name: re.sub(r"\s+", "", sql) for name, sql in ours.items()}


def test_migrations_make_the_same_schema_as_the_models(app, tmp_path):
    fresh = PooledSqliteDatabase(str(tmp_path / "fresh.db"))
    with fresh.bind_ctx(MODELS):
        fresh.create_tables(MODELS)
    for statement in TRIGGERS:
        fresh.execute_sql(statement)

    assert definitions(db) == definitions(fresh)
    fresh.close_all()


def test_a_second_migration_finds_nothing_to_do(app):
    assert schema.migrate(TRIGGERS) == []


KILLED_IN_MID_STEP = """
import sys
from pathlib import Path
from microblog.base import clock, database, schema
from microblog.base.clock import in_microseconds

schema.MIGRATIONS = Path(sys.argv[1])
database.init(sys.argv[2])
schema.migrate([])
"""


def test_a_step_that_was_cut_short_is_done_again(app, tmp_path, monkeypatch, susan):
    steps = tmp_path / "steps"
    shutil.copytree(schema.MIGRATIONS, steps)
    step = "def up(_migrator, db):\n    db.execute_sql('CREATE TABLE more (id)')\n"
    (steps / "9000_next.py").write_text(
        f"import os\n\n\n{step}    os.kill(os.getpid(), {signal.SIGKILL:d})\n"
    )
    command = [sys.executable, "-c", KILLED_IN_MID_STEP, steps, tmp_path]
    assert subprocess.run(command, cwd=ROOT).returncode == -signal.SIGKILL
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    assert (schema.pending(), db.table_exists("more")) == (["9000_next"], False)

    (steps / "9000_next.py").write_text(step)

    assert schema.migrate(TRIGGERS) == ["9000_next"]
    assert db.table_exists("more")


def test_triggers_that_a_migration_which_was_cut_short_did_not_make_are_made(app):
    def names():
        return {name for (name,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")}

    whole = names()
    for name in whole:
        db.execute_sql(f"DROP TRIGGER {name}")

    schema.migrate(TRIGGERS)

    assert names() == whole


def test_triggers_of_a_former_version_go_with_the_table_that_they_write_to(tmp_path):
    database.init(tmp_path)
    with database.connected():
        Runner(db, str(schema.MIGRATIONS)).up("0007_feed_change")
        move = "UPDATE feed_change SET changed_at = 'now'"
        for event in ("post_insert", "post_update", "post_delete", "user_update", "user_delete"):
            table, verb = event.split("_")
            db.execute_sql(f"CREATE TRIGGER feed_change_{event} AFTER {verb} ON {table} BEGIN {move}; END")

        schema.migrate(TRIGGERS)

        user = User.register("susan", "susan@example.org", "hash")
        Post.create(author=user, body="one")
        Post.update(body="two").execute()
        user.suspend()
        user.delete_instance()
    db.close_all()


def test_people_of_before_are_confirmed_and_the_made_up_ones_are_known(tmp_path):
    real = ["susan@example.org", "demo@example.org", "demo1@mail.example", "demo1x@example.org"]
    made_up = ["demo1@example.org", "demo20@example.org", "nora@demo.example.org"]
    columns = "username, email, email_key, password_hash, about_me, is_admin, created_at"
    database.init(tmp_path)
    with database.connected():
        Runner(db, str(schema.MIGRATIONS)).up("0010_credentials")
        for number, address in enumerate([*real, *made_up]):
            values = (f"name{number}", address, address, "hash", "", False, "2026-11-01 00:00:00")
            db.execute_sql(f"INSERT INTO user ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)

        schema.migrate(TRIGGERS)

        assert [user.email for user in User.demo_people()] == made_up
        assert [user.email for user in User.select() if user.confirmed_at] == real
    db.close_all()


def test_posts_that_were_counted_get_the_ids_of_their_times(tmp_path):
    rows = {  # By the number that a post had.
        1: ("second", "2026-11-01 12:00:00.000005"),
        2: ("first", "2026-11-01 12:00:00.000004"),
        5: ("third", "2026-11-01 12:00:00.000005"),
        6: ("fifth", "2026-11-01 13:00:00.123456"),
        7: ("fourth 博客", "2026-11-01 12:00:00.000005"),
        8: ("of a clock without a battery", "1970-01-01 00:00:00.000000"),
        9: ("of a clock that was ahead", "2255-12-01 00:00:00.000000"),
        10: ("of nobody knows when", "some day"),
    }
    database.init(tmp_path)
    with database.connected():
        Runner(db, str(schema.MIGRATIONS)).up("0016_suspended")
        db.execute_sql("INSERT INTO user (username, email, email_key, password_hash, about_me, is_admin,"
            " created_at) VALUES ('susan', '', '', '', '', 0, '2026-11-01 00:00:00.000000')")  # fmt: skip
        for number, (body, timestamp) in rows.items():
            db.execute_sql("INSERT INTO post VALUES (?, 1, ?, 'en', ?)", (number, body, timestamp))

        schema.migrate(TRIGGERS)

        noon = in_microseconds(datetime(2026, 11, 1, 12, tzinfo=UTC))
        ids = {post.body: post.id for post in Post.select().order_by(Post.id)}
        names = ["first", "second", "third", "fourth 博客"]
        assert [ids[name] - noon for name in names] == [4, 5, 6, 7]
        assert ids["fifth"] == noon + 3_600_123_456
        assert list(ids.values())[:2] == [EARLIEST, EARLIEST + 1]
        last, latest = list(ids.items())[-1]
        assert last == "of a clock that was ahead"
        assert latest <= in_microseconds(clock.now()) + len(rows)
        assert {number: OldPermalink.target(number) for number in rows} == {
            number: ids[body] for number, (body, _timestamp) in rows.items()
        }
        assert [post.id for post in PostIndex.search("博客")] == [ids["fourth 博客"]]
        assert Post.get(body="first").language == "en"
        assert Post.create(author=1, body="new").id > latest
    db.close_all()


def test_posts_of_before_get_their_tags_and_mention_who_was_here_before_them(tmp_path):
    columns = "username, email, email_key, password_hash, about_me, is_admin, created_at"
    noon = in_microseconds(datetime(2026, 11, 1, 12, tzinfo=UTC))
    posts = [
        (noon, 1, "@john and @late about #Tea", None),
        (noon + 1, 1, "@anne, who has blocked susan", None),
        (noon + 2, 1, "@john of elsewhere, #tea", 7),
        (noon + 3, 2, "mail@susan, nothing", None),
    ]
    database.init(tmp_path)
    with database.connected():
        Runner(db, str(schema.MIGRATIONS)).up("0022_invitations")
        for name in ("susan", "john", "anne", "late"):
            values = (
                name,
                name,
                name,
                "hash",
                "",
                False,
                f"2026-11-01 {13 if name == 'late' else 11}:00:00.5",
            )
            db.execute_sql(f"INSERT INTO user ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        db.execute_sql("INSERT INTO block VALUES (3, 1)")
        for values in posts:
            db.execute_sql("INSERT INTO post (id, author_id, body, import_id) VALUES (?, ?, ?, ?)", values)

        schema.migrate(TRIGGERS)

        assert list(Mention.select().tuples()) == [(noon, 2, "john")]
        assert list(Tag.select().tuples()) == [("tea", noon), ("tea", noon + 2)]
    db.close_all()


def test_a_newer_database_is_refused(app):
    db.execute_sql(
        "INSERT INTO schema_migration (name, applied) VALUES ('9999_from_the_future', '2030-01-01')"
    )

    with pytest.raises(schema.SchemaError, match="9999_from_the_future"):
        schema.migrate(TRIGGERS)


made_known = cache(schema._known)


@pytest.fixture
def known_once(app, monkeypatch):
    """Run the migrations that a database is compared with once, instead of for each comparison."""
    monkeypatch.setattr(schema, "_known", lambda last, triggers: made_known(last, tuple(triggers)))


def in_memory():
    """A copy of the test's database that a test may spoil."""
    copy = PooledSqliteDatabase(":memory:")
    db.connection().backup(copy.connection())
    copy.execute_sql("PRAGMA writable_schema = ON")
    return copy


def test_a_database_of_our_own_is_not_foreign(known_once):
    db.execute_sql("ANALYZE")

    schema.refuse_foreign(in_memory(), TRIGGERS)


def test_a_database_that_litestream_copies_is_not_foreign_unless_its_tables_hold_more(known_once):
    copied = in_memory()
    copied.execute_sql("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
    copied.execute_sql("CREATE TABLE _litestream_lock (id INTEGER)")
    schema.refuse_foreign(copied, TRIGGERS)

    copied.execute_sql("CREATE TRIGGER more AFTER INSERT ON _litestream_lock BEGIN DELETE FROM user; END")
    with pytest.raises(schema.SchemaError, match="more"):
        schema.refuse_foreign(copied, TRIGGERS)


def test_no_table_index_view_or_trigger_may_be_changed_or_missing(known_once):
    ours = db.execute_sql("SELECT type, name FROM sqlite_master WHERE name <> 'sqlite_sequence'").fetchall()
    assert {kind for kind, _name in ours} == {"table", "index", "view", "trigger"}
    changes = ("DELETE FROM sqlite_master", "UPDATE sqlite_master SET sql = coalesce(sql, '') || '--'")
    for (kind, name), change in product(ours, changes):
        if (kind, name) == ("table", "schema_migration") and change.startswith("DELETE"):
            continue  # Nothing tells of which version it is.
        spoilt = in_memory()
        spoilt.execute_sql(f"{change} WHERE type = ? AND name = ?", (kind, name))

        with pytest.raises(schema.SchemaError, match=re.escape(f"{kind} {name!r}")):
            schema.refuse_foreign(spoilt, TRIGGERS)
        spoilt.close_all()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER more AFTER INSERT ON user BEGIN UPDATE user SET is_admin = 1; END",
        "CREATE TABLE more (id)",
        "CREATE VIEW more AS SELECT * FROM user",
        "CREATE INDEX more ON user (id)",
        "CREATE VIRTUAL TABLE more USING fts5(words)",
        "ALTER TABLE user ADD COLUMN more",
    ],
)
def test_nothing_may_be_defined_besides(known_once, statement):
    spoilt = in_memory()
    spoilt.execute_sql(statement)

    with pytest.raises(schema.SchemaError, match="it has not Microblog's schema, see"):
        schema.refuse_foreign(spoilt, TRIGGERS)


@pytest.mark.parametrize(
    "change", ["DELETE FROM schema_migration", "DELETE FROM schema_migration WHERE name < '0002'"]
)
def test_a_database_that_no_migrations_of_ours_made_is_refused(app, change):
    spoilt = in_memory()
    spoilt.execute_sql(change)

    with pytest.raises(schema.SchemaError, match="not made by Microblog's migrations"):
        schema.refuse_foreign(spoilt, TRIGGERS)


def test_a_database_is_copied_before_it_is_migrated(app, tmp_path, monkeypatch, susan):
    steps = tmp_path / "steps"
    shutil.copytree(schema.MIGRATIONS, steps)
    (steps / "9000_next.py").write_text(
        "def up(_migrator, db):\n    db.execute_sql('CREATE TABLE more (id)')\n"
    )
    monkeypatch.setattr(schema, "MIGRATIONS", steps)

    assert schema.migrate(TRIGGERS) == ["9000_next"]

    [copy] = (tmp_path / "before-upgrade").iterdir()
    old = PooledSqliteDatabase(str(copy))
    assert old.execute_sql("SELECT username FROM user").fetchall() == [("susan",)]
    assert not old.table_exists("more")
    old.close_all()

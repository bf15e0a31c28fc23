import pytest

from microblog import accounts
from microblog.base.database import db
from microblog.exports import export_posts
from microblog.imports import requests as imports
from microblog.mail import outbox_files, templates
from microblog.mail.mail import Mail
from microblog.models import (
    Block,
    DeletedPost,
    Invited,
    Like,
    Message,
    Notification,
    OneTimeToken,
    Post,
    PostIndex,
    Report,
    SentForm,
    Session,
    Token,
    User,
)
from microblog.models.exceptions import LastAdministrator, SetUpAlready
from microblog.models.old_permalink import OldPermalink
from microblog.models.one_time_token import CHANGE_EMAIL, INVITE
from microblog.tables import MODELS
from microblog.tasks.task import Task
from tests import second_factors


def every_row():
    """All rows of all tables, except SQLite's AUTOINCREMENT counters, which are about nobody."""
    return {table: db.execute_sql(f'SELECT * FROM "{table}"').fetchall() for table in tables()}


def tables():
    names = db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    apart = ("sqlite_sequence", "schema_migration", "post_index", "visible_change", "folded_sign")
    return sorted(name for (name,) in names if not name.startswith(apart))


@pytest.fixture
def life(susan, john, write_posts, client, settings):
    """Everything that a person can leave behind in the database and in files."""
    write_posts(susan, "first #tea for @john", "second")
    with SentForm.once(susan, "token", "first"):
        susan.follow(john)
    john.follow(susan)
    Like.add(john, Post.by_author(susan).first())
    Like.add(susan, write_posts(john, "of john")[0])
    Report.add(susan, Post.by_author(john).first(), "susan does not like it")
    Session.start(susan, True, "a test")
    Message.send(susan, john, "hello")
    Message.send(john, susan, "hello yourself")
    Task.launch(export_posts, susan, "Exporting posts...", by="a test")
    client.post_form("/auth/reset_password_request", email=susan.email)
    change_email(susan, "susan2@example.org")
    client.post_form("/auth/reset_password_request", email=susan.email)
    Mail.send("change_email", "new@example.org", user=susan)
    OneTimeToken.issue(CHANGE_EMAIL, susan, "another@example.org")
    OneTimeToken.issue(INVITE, susan)
    Token.issue(susan, "a program of susan")
    Invited.welcome(susan, john)
    other = User.register("mary", "mary@example.org", "hash")
    second_factors.give(susan)
    Block.add(susan, other)
    other.delete_instance()
    OldPermalink.create(id=1, post_id=Post.by_author(susan).first().id)
    DeletedPost.remove(Post.by_author(susan).first(), by=susan)
    upload = settings.data_dir / "imports" / "upload"
    upload.parent.mkdir()
    upload.write_text('{"posts": [{"body": "susan once", "timestamp": "2020-05-01T10:00:00Z"}]}')
    imports.look(susan, "posts of susan.json", upload)
    upload.unlink()
    Block.add(susan, User.register("anne", "anne@example.org", "hash"))
    susan.update_profile("susan_two", "")
    User.named("susan_two").update_profile("susan", "")
    return susan


def change_email(user, email):
    """Change the address of *user* as the mailed link does."""
    token = OneTimeToken.from_secret(CHANGE_EMAIL, OneTimeToken.issue(CHANGE_EMAIL, user, email))
    accounts.change_email(token)
    user.__data__.update(User.get_by_id(user.id).__data__)


def test_the_first_account_is_the_administrators_and_there_is_one_first(app):
    with app.app_context():
        assert accounts.set_up("susan", "susan@example.org", "battery staple").is_admin
        with pytest.raises(SetUpAlready):
            accounts.set_up("john", "john@example.org", "battery staple")

    assert [user.username for user in User.select()] == ["susan"]


def test_no_table_keeps_a_trace(john, life, settings):
    touched = {table for table, rows in every_row().items() if rows}
    unused = (
        {model._meta.table_name for model in MODELS}
        - touched
        - {"post_index", "visible_change", "folded_sign"}
    )
    assert unused == set(), "a life must touch every table, or this test proves nothing about it"

    accounts.delete(life)

    for table, rows in every_row().items():
        told = [row for row in rows if any(mark in str(row) for mark in ("susan", "another@", "new@"))]
        assert told == [], table
    left = {table: len(rows) for table, rows in every_row().items() if rows}
    assert left.pop("user") == 2, "john and anne"
    assert left.pop("old_permalink") == 1, "a number and a number"
    assert left.pop("site") == 1
    assert {row[1] for row in db.execute_sql("SELECT * FROM former_post")} == {None}
    assert left.pop("former_post") == 2
    assert left.pop("post") == 1, "of john"
    assert left == {"notification": 2}, "john's counts of unread messages and news"
    assert Notification.get().data == 0
    assert list(PostIndex.search("first")) == []
    assert db.execute_sql("PRAGMA foreign_key_check").fetchall() == []


def test_no_file_is_left(life, settings):
    folders = [settings.data_dir / name for name in ("exports", "outbox", "imports")]
    assert [len(list(folder.iterdir())) for folder in folders] == [2, 5, 2]

    accounts.delete(life)

    assert [list(folder.iterdir()) for folder in folders] == [[], [], []]


def test_a_request_by_a_former_address_goes_before_it_is_answered_too(susan, client, nobody_works):
    client.post_form("/auth/reset_password_request", email="Susan@example.org")
    change_email(susan, "new@example.org")

    accounts.delete(User.named("susan"))

    assert list(Mail.select()) == []


def test_a_link_that_somebody_else_asked_for_stays_theirs(susan, john):
    mail = Mail.send("change_email", susan.email, user=john)

    change_email(susan, "new@example.org")

    assert Mail.get_by_id(mail.id).user == john


def test_the_files_of_others_stay(life, john, settings):
    theirs = Task.launch(export_posts, john, "Exporting posts...", by="a test")

    accounts.delete(life)

    assert theirs.file.exists()
    assert outbox_files.path_of(Task.get_by_id(theirs.id).mail.id).exists()


def test_a_job_that_looks_for_its_user_in_vain_ends_quietly(susan, logged_errors, monkeypatch, settings):
    """The account goes while the worker is between two looks at the row."""

    def leave_meanwhile(*arguments, **named):
        accounts.delete(User.named("susan"))
        return compose(*arguments, **named)

    compose = templates.compose
    monkeypatch.setattr(templates, "compose", leave_meanwhile)

    Task.launch(export_posts, susan, "Exporting posts...", by="a test")

    assert Task.select().count() == 0
    assert logged_errors == []
    assert [path for name in ("exports", "outbox") for path in (settings.data_dir / name).glob("*")] == []


def test_many_posts_go_a_page_at_a_time(susan, john, write_posts, monkeypatch, queries):
    monkeypatch.setattr("microblog.models.post.DELETED_AT_ONCE", 2)
    write_posts(susan, *"abcde")
    write_posts(john, "kept")
    queries.clear()

    accounts.delete(susan)

    assert [post.body for post in Post.select()] == ["kept"]
    assert len([sql for sql in queries if sql.startswith('DELETE FROM "post"')]) == 2, "the last go with her"


def test_of_an_account_that_cannot_go_everything_stays(life, monkeypatch):
    before = every_row()
    monkeypatch.setattr(User, "delete_instance", lambda _user: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        accounts.delete(life)

    assert every_row() == before


def test_an_administrator_whose_only_colleague_leaves_meanwhile_keeps_everything(life, monkeypatch):
    monkeypatch.setattr("microblog.models.post.DELETED_AT_ONCE", 1)
    User.update(is_admin=True).where(User.username.in_(("susan", "anne"))).execute()
    susan, anne = User.named("susan"), User.named("anne")
    delete_all_from = Message.delete_all_from

    def leave_meanwhile(sender):
        anne.delete_instance()
        delete_all_from(sender)

    monkeypatch.setattr(Message, "delete_all_from", leave_meanwhile)
    before = every_row()

    with pytest.raises(LastAdministrator):
        accounts.delete(susan)

    assert every_row() == before


def test_the_only_administrator_keeps_their_posts_too(app, write_posts):
    admin = User.register("susan", "susan@example.org", "hash", is_admin=True)
    write_posts(admin, "kept")

    with pytest.raises(LastAdministrator):
        accounts.delete(admin)

    assert Post.select().count() == 1


def test_half_a_mail_goes_too(susan):
    mail = Mail.send("email_changed", susan.email, user=susan)
    half = outbox_files.path_of(mail.id).with_suffix(".part")
    half.touch()

    accounts.delete(susan)

    assert not half.exists()
    assert not outbox_files.path_of(mail.id).exists()

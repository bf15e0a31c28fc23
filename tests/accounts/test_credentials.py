"""
Every act that revokes against every thing by which somebody comes back.

An act, a table, a column of users, a mail with a link or a signed cookie that is new and not in the lists
here fails the tests.
"""

import ast
import inspect
import re

import pytest
from playhouse.migrations import Runner

from microblog.accounts import credentials
from microblog.accounts.credentials import (
    DEVICES,
    END,
    ENDS,
    INVITATIONS,
    LINK_MAILS,
    LINKS,
    NEW_ADDRESS,
    NEW_PASSWORD,
    SESSIONS,
    SUSPENSION,
    TOKENS,
)
from microblog.base import clock, database, schema
from microblog.base.config import ROOT
from microblog.base.database import db
from microblog.mail import smtp, templates
from microblog.mail.exceptions import MailDelayed
from microblog.mail.mail import Mail
from microblog.models import OneTimeToken, Session, User
from microblog.security.random_secret import hash_of
from microblog.tables import MODELS, TRIGGERS
from microblog.tasks import reconciler
from microblog.tasks.states import QUEUED
from tests import source
from tests.conftest import PASSWORD, is_signed_in
from tests.revoking import DONE_BY, MAILED, PAGES, WaysIn, change_password, is_known, sign_out_everywhere

# By a row of which tables, and by which signed texts, somebody comes back.
ROWS = {"Session": SESSIONS, "Token": TOKENS, "OneTimeToken": LINKS, "Mail": LINK_MAILS}
OTHER_ROWS = {
    "Attempt",
    "Block",
    "Follow",
    "Message",
    "Notification",
    "Post",
    "PostIndex",
    "RecoveryCode",
    "SecondFactor",
    "SentForm",
    "Task",
    "Thread",
    "User",
    "VisibleChange",
    "FoldedSign",
    "DeletedPost",
    "FormerName",
    "FormerPost",
    "Import",
    "OldPermalink",
    "Invited",
    "Like",
    "Mention",
    "NewsItem",
    "Report",
    "Tag",
    "Site",
}
# By which somebody can send others, who would be as welcome as their friends.
FOR_OTHERS = {INVITATIONS}
SIGNED = {"device cookie": DEVICES, "remembered device": DEVICES}
OTHERWISE_SIGNED = {"wtf-csrf-token", "second factor"}
# The columns of a user that an act changes; ``rehash`` keeps the password, and ``restore`` ends nothing.
CHANGED = {
    "password_hash": NEW_PASSWORD,
    "email": NEW_ADDRESS,
    "email_key": NEW_ADDRESS,
    "suspended_at": SUSPENSION,
}
UNCHANGED = {
    "about_me",
    "confirmed_at",
    "created_at",
    "id",
    "is_admin",
    "is_demo",
    "is_welcomed",
    "last_post_id",
    "language",
    "seen_at",
    "username",
}
COUNTED = {"credentials", "devices_since"}
REVOKES_NOTHING = {"rehash", "restore"}


# What there is


def test_the_list_has_every_thing_by_which_somebody_comes_back():
    assert {model.__name__ for model in MODELS} == {*ROWS, *OTHER_ROWS}
    assert salts() == {*SIGNED, *OTHERWISE_SIGNED}
    assert set(PAGES) == set(MAILED)
    assert set(END) == {*ROWS.values(), *SIGNED.values(), *FOR_OTHERS}


def test_the_list_has_every_act():
    assert {act for act, _done in DONE_BY} == set(ENDS)
    assert set(User._meta.fields) == {*CHANGED, *UNCHANGED, *COUNTED}
    assert set(CHANGED.values()) <= set(ENDS)


def test_the_security_page_has_the_list():
    rows = re.findall(r"^  \| ([a-z ]+) \| ([a-z, ]+) \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    said = {act: things for act, things in rows if act != "act"}

    assert said == {act: ", ".join(things) or "nothing else" for act, things in ENDS.items()}


def test_a_mail_that_makes_a_link_is_registered_as_one():
    makers = {name for name, write in templates.kinds.items() if "OneTimeToken" in inspect.getsource(write)}

    assert makers == templates.links != set()


def test_what_an_act_changes_is_changed_where_it_revokes():
    writers = {
        one.name for one in functions("User.update", "user.update") if changed_by(one)
    } - REVOKES_NOTHING
    assert writers == {"change_email", "change_password", "suspend"}

    for function in functions(*writers):
        called = {name for name, _call in source.calls(function)}
        if any(name.endswith(f"user.{writer}") for name in called for writer in writers):
            assert "credentials.revoke" in called, function.name


def test_nothing_by_which_somebody_comes_back_is_inserted_but_by_the_helper():
    inserting = {f"{model}.{verb}" for model in ROWS for verb in ("create", "insert", "insert_many")}
    homes = {inspect.getsourcefile(model) for model in MODELS if model.__name__ in ROWS}
    inserted = 0
    for path, tree in source.trees(*inserting, "cls.create", "cls.insert"):
        here = inserting | ({"cls.create", "cls.insert"} if str(path) in homes else set())
        for function in functions_in(tree):
            called = {name for name, _call in source.calls(function)}
            if called & here:
                assert "user.as_checked" in called, f"{path.name}: {function.name}"
                inserted += 1
    assert inserted == len(ROWS)


# What ends


@pytest.fixture
def ways_in(app, susan, nobody_works):
    return WaysIn(app, susan)


@pytest.mark.parametrize(("act", "done"), DONE_BY)
@pytest.mark.asvs("7.4.1", "7.4.2")
def test_what_there_was_ends_by_the_list(ways_in, susan, act, done):
    assert {mail.kind for mail in ways_in.mails} == templates.links

    done(ways_in)

    left = ways_in.open()
    assert {thing for thing in END if left[thing] == {False}} == set(ENDS[act])
    assert {thing for thing in END if left[thing] == {True}} == set(END) - set(ENDS[act])


@pytest.mark.parametrize("done", [change_password, sign_out_everywhere])
def test_the_browser_that_acts_stays_signed_in_and_known(ways_in, susan, done):
    done(ways_in)

    assert is_signed_in(ways_in.own)
    assert is_known(ways_in.own, susan)


def test_nothing_of_anybody_else_ends(app, susan, john, nobody_works):
    theirs = WaysIn(app, john)
    asked = Mail.send("change_email", susan.email, user=john)

    for act in ENDS:
        with db.atomic():
            credentials.revoke(act, susan)

    assert Mail.get_by_id(asked.id).state == QUEUED
    assert theirs.open() == {thing: {True} for thing in END}


def test_a_mail_that_is_tried_again_brings_no_link_after_a_new_password(app, susan, sign_in, monkeypatch):
    """Somebody knows the password, and the mail server is away until it has been changed."""
    arrived = []
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    monkeypatch.setattr(smtp, "send", be_away)
    sign_in(susan).post_form("/account/email", email="x@attacker.example", current_password=PASSWORD)
    assert Mail.get(Mail.kind == "change_email").state == QUEUED
    sign_in(susan).post_form(
        "/account/password", current_password=PASSWORD, password="battery staple", password2="battery staple"
    )

    monkeypatch.setattr(smtp, "send", lambda message, **_options: arrived.extend(message.recipients))
    Mail.update(run_after=clock.now()).where(Mail.state == QUEUED).execute()
    reconciler.reconcile()

    assert arrived == [susan.email]
    assert list(OneTimeToken.select()) == []


def test_sessions_of_before_the_upgrade_go_on(tmp_path):
    database.init(tmp_path)
    with database.connected():
        Runner(db, str(schema.MIGRATIONS)).up("0009_visible_changes")
        db.execute_sql(
            "INSERT INTO user (id, username, email, email_key, password_hash, about_me, is_admin, created_at)"
            " VALUES (1, 'susan', 'susan@example.org', 'susan@example.org', 'hash', '', 0, '2026-01-01')"
        )
        db.execute_sql(
            "INSERT INTO session (user_id, token_hash, remembered, user_agent, created_at, seen_at)"
            " VALUES (1, ?, 1, '', ?, ?)",
            (hash_of("a token"), *[Session.seen_at.db_value(clock.now())] * 2),
        )

        schema.migrate(TRIGGERS)

        assert Session.from_token("a token").user == User.named("susan")
        assert Session.start(User.named("susan"), True, "another browser")
    db.close_all()


def be_away(*_arguments, **_options):
    raise MailDelayed("The mail server could not be reached.")


def functions(*words):
    """The syntax trees of all functions in files that hold one of *words*."""
    return [function for _path, tree in source.trees(*words) for function in functions_in(tree)]


def functions_in(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def changed_by(function):
    """The columns of CHANGED that *function* writes."""
    updates = [call for name, call in source.calls(function) if name.lower() == "user.update"]
    return {keyword.arg for call in updates for keyword in call.keywords} & set(CHANGED)


def salts():
    """What the site signs besides the libraries' cookies, as the calls of ``serializer`` name it."""
    made = [made for function in functions("serializer") for made in source.calls(function)]
    return {call.args[1].value for name, call in made if name == "serializer"}

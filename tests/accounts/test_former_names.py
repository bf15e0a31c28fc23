"""A name that was given up is nobody else's for 90 days, whoever asks for it and however."""

import pytest
from peewee import IntegrityError

from microblog import accounts, demo
from microblog.base.database import db
from microblog.imports import profiles
from microblog.models import FormerName, Mention, OneTimeToken, Post, User
from microblog.models.exceptions import TooManyNames
from microblog.models.former_name import MOST
from microblog.models.one_time_token import INVITE
from microblog.ops import cleanup
from tests.conftest import make_user

SAID = "Somebody has this name already. Choose another."
ACCOUNT = {"email": "new@example.org", "password": "battery staple", "password2": "battery staple"}


@pytest.fixture
def lan(app):
    """Somebody who was called lan until lately."""
    user = make_user("lan")
    user.update_profile("lan_one", "")
    return User.named("lan_one")


def names():
    return {user.username for user in User.select()}


def former():
    return {row.name: row.user.username for row in FormerName.select()}


def program(app, user):
    _token, secret = accounts.make_token(user, "a program")
    return {"headers": {"Authorization": f"Bearer {secret}"}}


def register(app, **more):
    return app.test_client().post_form("/auth/register", username="LAN", **ACCOUNT, **more)


def register_by_invitation(app):
    browser = app.test_client()
    browser.get(f"/auth/register?invite={OneTimeToken.issue(INVITE, make_user('inviter'))}")
    return browser.post_form("/auth/register", username="Lan", **ACCOUNT)


def create_user(app):
    words = ["create-user", "lan", "new@example.org", "--password-stdin"]
    return app.test_cli_runner().invoke(args=words, input="battery staple\n")


def rename_by_program(app):
    body = {"username": "LAN"}
    return app.test_client().put("/api/users/me", json=body, **program(app, make_user("other")))


# Each door, and what it says of a name that is kept for somebody.
DOORS = {
    "registration": (register, SAID),
    "an invitation": (register_by_invitation, SAID),
    "create-user": (create_user, "the username lan is taken; choose another"),
    "a program's rename": (rename_by_program, SAID),
}


@pytest.mark.parametrize(("door", "said"), DOORS.values(), ids=DOORS)
def test_every_door_refuses_it_as_if_it_were_somebodys(app, lan, door, said):
    with app.app_context():
        answer = door(app)

    assert said in (answer.output if hasattr(answer, "output") else answer.text)
    assert "lan" not in {name.lower() for name in names()}


def test_the_form_that_renames_refuses_it_with_what_was_typed(lan, browser):
    response = browser.post_form("/edit_profile", username="Lan", about_me="kept text")

    assert response.status_code == 422
    assert SAID in response.text
    assert "kept text" in response.text


WAYS = {
    "a row": lambda: User.create(username="Lan", email="x", email_key="x", password_hash=""),
    "a query": lambda: User.update(username="LAN").where(User.username == "susan").execute(),
    "SQL": lambda: db.execute_sql(
        "INSERT OR REPLACE INTO user (username, email, email_key, password_hash, about_me, is_admin,"
        " created_at, is_welcomed) VALUES ('lan', 'x', 'x', '', '', 0, '2026-11-22', 0)"
    ),
}


@pytest.mark.parametrize("take", WAYS.values(), ids=WAYS)
def test_the_database_itself_refuses_it(lan, susan, take):
    with pytest.raises(IntegrityError):
        take()


def test_demo_people_are_called_otherwise(app, susan, lan):
    make_user("june").update_profile("not_june", "")
    make_user("nora_demo").update_profile("not_nora", "")
    make_user("nora")

    demo.populate_for(susan)

    assert {"june_demo", "nora_demo_"} <= names()


def test_a_trial_says_which_name_is_in_the_way(app, susan):
    susan.update_profile("demo3", "")
    User.named("demo3").update_profile("susan", "")

    result = app.test_cli_runner().invoke(args=["demo", "--users", "3"])

    assert result.exit_code == 1
    assert "somebody has the name or the address of one of the demo users" in result.output
    assert names() == {"susan"}


# Whose it stays


def test_their_person_takes_it_back(lan):
    lan.update_profile("LAN", "")

    assert former() == {"lan_one": "LAN"}


def test_a_chain_of_names_leads_to_the_last(lan):
    lan.update_profile("lan_two", "")
    User.named("lan_two").update_profile("lan_three", "")

    assert former() == {"lan": "lan_three", "lan_one": "lan_three", "lan_two": "lan_three"}


@pytest.mark.parametrize("name", ["LAN_ONE", "lan_one"])
def test_another_case_is_no_other_name(lan, name):
    lan.update_profile(name, "")

    assert former() == {"lan": name}


def test_nobody_keeps_more_than_a_few_from_all_others(browser, susan):
    for number in range(MOST):
        User.get().update_profile(f"name_{number}", "")

    with pytest.raises(TooManyNames):
        User.get().update_profile("one_more", "")
    response = browser.post_form("/edit_profile", username="one_more", about_me="")
    by_program = browser.put("/api/users/me", json={"username": "one_more"}, **program(None, User.get()))

    assert (response.status_code, by_program.status_code) == (422, 409)
    assert "Take one of your former names, or wait." in response.text
    User.get().update_profile("susan", "")
    assert names() == {"susan"}
    assert len(former()) == MOST


def test_it_is_free_after_90_days(lan, later):
    later(days=89, hours=23)
    cleanup.forget_the_past()
    assert former() == {"lan": "lan_one"}

    later(days=90, hours=1)
    cleanup.forget_the_past()

    assert former() == {}
    make_user("susan").update_profile("LAN", "")


def test_it_goes_with_the_account(lan):
    accounts.delete(lan, by="an administrator")

    assert former() == {}
    make_user("susan").update_profile("LAN", "")


# Where else a name is looked up


def test_a_post_that_names_them_so_means_them(susan, lan):
    post = Post.create(author=susan, body="thank you @Lan")

    assert [(row.post_id, row.user) for row in Mention.select()] == [(post.id, lan)]


def test_an_archive_that_follows_them_so_offers_them(app, susan, lan):
    with app.app_context():
        assert profiles.offered(susan, {"following": ["@lan@127.0.0.1", "nobody@127.0.0.1"]}) == [lan]


def test_commands_tell_what_they_are_called_now(app, lan):
    for words in (["delete-user", "--yes", "lan"], ["make-admin", "Lan"], ["tasks", "list", "--user", "lan"]):
        result = app.test_cli_runner().invoke(args=words)
        said = f"Error: there is no user {words[-1]}; they are called lan_one now\n"
        assert (result.exit_code, result.output) == (1, said)
    assert names() == {"lan_one"}


def test_a_program_writes_by_digits_to_nobody_else(app, susan, john):
    john.update_profile(f"{susan.id:03}", "")
    User.get_by_id(john.id).update_profile("john", "")

    body = {"recipient": f"{susan.id:03}", "body": "hello"}
    response = app.test_client().post("/api/messages", json=body, **program(app, john))

    assert response.status_code == 409


def test_the_page_for_it_says_until_when_it_leads_here(sign_in, lan):
    page = sign_in(lan).get("/edit_profile", follow_redirects=True).text

    assert "The old one leads here for 90 days, and nobody else can take it meanwhile." in page
    assert "lan still leads here, until" in page

import threading

import pytest
from peewee import IntegrityError

from microblog.base.database import connected
from microblog.models import Follow, Post, User
from microblog.models.exceptions import EmailTaken, UsernameTaken


def test_usernames_are_unique_whatever_their_case(susan):
    with pytest.raises(UsernameTaken):
        User.register("SUSAN", "other@example.org", "hash")

    assert User.named("SuSaN") == susan


def test_addresses_are_unique_whatever_their_case(susan):
    with pytest.raises(EmailTaken):
        User.register("other", "Susan@Example.ORG", "hash")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x@straße.example", "x@strasse.example"),
        ("x@βόλος.example", "x@βόλοσ.example"),
    ],
)
def test_two_domains_are_two_mailboxes(app, one, other):
    first, second = User.register("one", one, "hash"), User.register("two", other, "hash")

    assert (User.with_email(one), User.with_email(other)) == (first, second)


@pytest.mark.parametrize(
    "spelling", ["X@bücher.example", "x@BÜCHER.example", "x@xn--bcher-kva.example", "x@XN--BCHER-KVA.example"]
)
def test_one_mailbox_however_it_is_spelled(app, spelling):
    user = User.register("one", "x@bücher.example", "hash")

    assert User.with_email(spelling) == user
    with pytest.raises(EmailTaken):
        User.register("two", spelling, "hash")


@pytest.mark.parametrize("text", ["", "@", "x", "x@", "@x", "x" * 70_000, "x@[127.0.0.1]"])
def test_nobody_has_what_is_no_address(app, text):
    assert User.with_email(text) is None


@pytest.mark.parametrize("username", ["ab", "x" * 33, "a/b/c", "sus an", "süsan"])
def test_the_database_refuses_names_that_do_not_fit_a_path(app, username):
    with pytest.raises(IntegrityError):
        User.register(username, "new@example.org", "hash")

    assert not User.exists()


def test_two_people_are_not_the_same_person(susan, john):
    assert susan != john
    assert susan == User.named("susan")


def test_twenty_registrations_of_one_name_at_once_make_one_account(app):
    outcomes = []

    def register(number):
        with connected():
            try:
                User.register("susan", f"susan{number}@example.org", "hash")
                outcomes.append("made")
            except UsernameTaken:
                outcomes.append("taken")

    threads = [threading.Thread(target=register, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["made"] + ["taken"] * 19


def test_nobody_follows_themselves(susan):
    susan.follow(susan)

    assert Follow.select().count() == 0


def test_renaming_keeps_everything(susan, john, write_posts):
    write_posts(susan, "one")
    john.follow(susan)

    susan.update_profile("suzy", "Here.")

    renamed = User.named("suzy")
    assert (renamed, renamed.email, renamed.about_me) == (susan, "susan@example.org", "Here.")
    assert [post.body for post in Post.timeline(john)] == ["one"]
    assert User.named("susan") is None


def test_a_name_can_change_its_case_but_not_become_another_persons(susan, john):
    susan.update_profile("Susan", "")
    with pytest.raises(UsernameTaken):
        susan.update_profile("JOHN", "lost?")

    assert (User.named("susan").username, User.named("susan").about_me) == ("Susan", "")


def test_people_are_equal_by_their_row_and_not_by_their_session(susan, john):
    assert User.get_by_id(susan.id) == susan
    assert susan != john
    assert len({susan, john, User.get_by_id(john.id)}) == 2

import pytest

from microblog.models import Post, SecondFactor, Session, User
from microblog.security import security_log, setup_code
from microblog.security.passwords import check_password
from tests.conftest import PASSWORD
from tests.second_factors import give


def test_a_new_password_ends_all_sessions(run, susan, sign_in):
    sign_in(susan)

    result = run("reset-password", "SUSAN", "--password-stdin", stdin="battery staple\n")

    assert result.exit_code == 0, result.output
    assert check_password(User.named("susan"), "battery staple")
    assert not Session.select().exists()


def test_a_new_password_is_asked_for_twice_where_there_is_a_terminal(run, susan):
    result = run("reset-password", "susan", stdin="battery staple\nbattery staple\n")

    assert result.exit_code == 0, result.output
    assert check_password(User.named("susan"), "battery staple")


def test_a_new_password_leaves_the_second_factor(run, susan):
    give(susan)

    result = run("reset-password", "susan", "--password-stdin", stdin="battery staple\n")

    assert result.output.endswith("(the second factor stays; reset-second-factor removes it)\n")
    assert SecondFactor.of(susan)


@pytest.mark.parametrize("password", ["", "short", "x" * 129])
def test_a_bad_password_changes_nothing(run, susan, sign_in, password):
    sign_in(susan)

    result = run("reset-password", "susan", "--password-stdin", stdin=f"{password}\n")

    assert result.exit_code == 1
    assert check_password(User.named("susan"), PASSWORD)
    assert Session.select().exists()


def test_an_unknown_name_is_refused_before_a_password_is_asked_for(run):
    result = run("reset-password", "nobody_here")

    assert result.exit_code == 1
    assert result.output == "Error: there is no user nobody_here; the page Administration lists all\n"


def test_an_account_is_made_by_the_rules_of_the_page(run):
    assert (
        run("create-user", "susan", "s@example.org", "--password-stdin", stdin="long enough\n").exit_code == 0
    )

    again = run("create-user", "Susan", "t@example.org", "--password-stdin", stdin="long enough\n")
    same_address = run("create-user", "john", "S@example.org", "--password-stdin", stdin="long enough\n")
    reserved = run("create-user", "admin", "u@example.org", "--password-stdin", stdin="long enough\n")

    assert again.output == "Error: the username Susan is taken; choose another\n"
    assert same_address.output == "Error: the address S@example.org is taken; use another\n"
    assert "reserved" in reserved.output


def test_a_member_becomes_an_administrator_once(run, susan, settings):
    setup_code.issue(settings.data_dir)

    results = [run("make-admin", "SUSAN") for _ in range(2)]

    assert [result.output for result in results] == ["susan is an administrator now\n"] * 2
    assert User.named("susan").is_admin
    assert setup_code.read(settings.data_dir) == "", "there is an administrator"
    assert len(security_log.latest(9)) == 1


def test_who_is_suspended_or_unknown_becomes_no_administrator(run, susan):
    susan.suspend()

    suspended, unknown = run("make-admin", "susan"), run("make-admin", "nobody_here")

    assert (suspended.exit_code, unknown.exit_code) == (1, 1)
    assert suspended.output == "Error: susan is suspended; restore them first\n"
    assert unknown.output == "Error: there is no user nobody_here; the page Administration lists all\n"
    assert not User.named("susan").is_admin


def test_the_only_administrator_can_leave_once_there_is_another(run, susan):
    admin = User.register("mary", "mary@example.org", "hash", is_admin=True)
    assert admin.is_last_admin

    run("make-admin", "susan")

    assert not admin.is_last_admin


def test_an_account_is_deleted_with_all_that_its_owner_wrote(run, susan, john, write_posts):
    write_posts(susan, "one of hers")
    write_posts(john, "one of his")

    result = run("delete-user", "SUSAN", "--yes")

    assert result.exit_code == 0, result.output
    assert result.output == "susan is deleted\n"
    assert User.named("susan") is None
    assert [post.body for post in Post.select()] == ["one of his"]
    assert security_log.latest(1)[0].text == "account-deleted user=susan by=operator"


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_an_account_is_deleted_only_after_a_yes(run, susan, answer):
    result = run("delete-user", "susan", stdin=answer)

    assert result.exit_code == 1
    assert "Delete susan (susan@example.org)" in result.output
    assert User.named("susan") == susan

    assert run("delete-user", "susan", stdin="y\n").exit_code == 0
    assert User.named("susan") is None


def test_neither_the_last_administrator_nor_a_stranger_is_deleted(run, susan):
    User.update(is_admin=True).execute()

    assert "susan is the only administrator" in run("delete-user", "susan", "--yes").output
    assert run("delete-user", "nobody", "--yes").exit_code == 1
    assert User.named("susan") == susan

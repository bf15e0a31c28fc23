import re
from datetime import timedelta

import pytest

from microblog import accounts
from microblog.accounts import second_factor as acts
from microblog.base import clock
from microblog.models import Block, Follow, Token, User
from microblog.models.token import MOST
from tests import second_factors
from tests.conftest import PASSWORD

SUSAN = ("susan", PASSWORD)


def test_a_password_gives_a_token_and_the_token_lets_in(program_of, susan):
    stranger = program_of(None)

    stranger.token = stranger.post("/api/tokens", json={"name": "mine"}, auth=SUSAN).json["token"]

    assert [token["name"] for token in stranger.get("/api/tokens").json] == ["mine"]


def test_a_token_without_a_name_gets_one(program_of, susan):
    assert program_of(None).post("/api/tokens", auth=SUSAN).json["name"] == "API"


@pytest.mark.parametrize("auth", [("susan", "wrong"), ("nobody_here", PASSWORD), ("", ""), ("susan", "")])
def test_a_wrong_password_gives_none(program_of, susan, auth):
    assert program_of(None).post("/api/tokens", auth=auth).status_code == 401
    assert not Token.select().exists()


@pytest.mark.parametrize("body", [{}, {"otp": ""}, {"otp": "wrong"}, {"otp": 5}, {"otp": None}, None])
def test_who_has_a_second_factor_is_told_that_a_code_is_needed(program_of, susan, body):
    second_factors.give(susan)

    response = program_of(None).post("/api/tokens", json=body, auth=SUSAN)

    if body is not None:
        assert response.status_code == 401
        assert "`otp`" in response.json["detail"]
        assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert not Token.select().exists()


def test_a_code_is_asked_for_of_nobody_whose_password_is_wrong(program_of, susan):
    second_factors.give(susan)

    response = program_of(None).post("/api/tokens", auth=("susan", "wrong horse"))

    assert "otp" not in response.json["detail"]


def test_a_code_or_a_recovery_code_gives_a_token_each_once(program_of, susan):
    program, code = program_of(None), second_factors.shown()
    [recovery, *_] = second_factors.give(susan)

    statuses = [
        program.post("/api/tokens", json={"otp": otp}, auth=SUSAN).status_code
        for otp in (code, code, recovery, recovery)
    ]

    assert statuses == [201, 401, 201, 401]


def test_tokens_of_before_stay(program, susan, sign_in):
    acts.switch_on(User.named("susan"), second_factors.SECRET, second_factors.shown())

    assert program.get("/api/posts").status_code == 200


def test_a_program_of_who_needs_a_second_factor_is_told_where_to_set_it_up(app, program, susan, monkeypatch):
    monkeypatch.setitem(app.config, "SECOND_FACTOR", "everybody")

    for response in (program.get("/api/posts"), program.post("/api/tokens", auth=SUSAN)):
        assert response.status_code == 403
        assert response.json["detail"].endswith("/account/second_factor")
    second_factors.give(susan)
    assert program.get("/api/posts").status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer x", "Bearer \xff", "Basic c3VzYW4=", "x", "Bearer " + "x" * 9000, ""],
)
def test_a_wrong_token_lets_nobody_in(program_of, susan, header):
    assert program_of(None).get("/api/posts", headers={"Authorization": header}).status_code == 401


def test_only_a_hash_of_a_token_is_kept(program):
    assert program.token not in str(list(Token.select().dicts()))


def test_an_ended_token_is_dead(program):
    assert program.delete("/api/tokens").status_code == 204
    assert program.get("/api/tokens").status_code == 401


def test_somebody_elses_token_cannot_be_ended(program, program_of, john):
    johns = program_of(john)
    other = johns.get("/api/tokens").json[0]["id"]

    assert program.delete(f"/api/tokens/{other}").status_code == 404
    assert johns.get("/api/tokens").status_code == 200


def test_when_a_token_was_used_is_noted_once_a_minute(program, monkeypatch):
    program.get("/api/posts")
    first = Token.get().used_at
    program.get("/api/posts")
    assert Token.get().used_at == first

    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=1))
    program.get("/api/posts")

    assert Token.get().used_at > first


def test_a_token_can_be_one_that_only_reads(program_of, susan):
    made = program_of(None).post("/api/tokens", json={"name": "reader", "read_only": True}, auth=SUSAN).json

    assert made["read_only"]
    assert [token.read_only for token in Token.select()] == [True]


@pytest.mark.parametrize("value", ["true", 1, [], {}])
def test_whether_it_only_reads_is_true_or_false(program_of, susan, value):
    response = program_of(None).post("/api/tokens", json={"read_only": value}, auth=SUSAN)

    assert response.status_code == 422
    assert response.json["errors"] == {"read_only": ["must be true or false"]}
    assert not Token.select().exists()


def test_a_token_that_is_not_used_for_half_a_year_ends(program, susan, later):
    later(days=179)
    assert program.get("/api/tokens").json[0]["expires_at"] > f"{clock.now():%Y-%m-%d}"
    later(days=358)
    assert program.get("/api/posts").status_code == 200
    later(days=358 + 180)

    assert program.get("/api/posts").status_code == 401
    assert list(Token.for_user(susan)) == []


def test_one_that_was_never_used_ends_as_well(program, later):
    later(days=180)

    assert program.get("/api/posts").status_code == 401


def test_a_new_password_ends_all_tokens(app, program, susan):
    with app.app_context():
        accounts.change_password(susan, "battery staple")

    assert program.get("/api/posts").status_code == 401


def test_there_is_an_end_to_the_number_of_tokens(program_of, susan):
    for _ in range(MOST):
        Token.issue(susan, "x")

    assert program_of(None).post("/api/tokens", auth=SUSAN).status_code == 409


def test_across_a_block_nobody_is_there(program, susan, john, write_posts):
    [post] = write_posts(john, "john's")
    Block.add(john, susan)

    assert program.get("/api/users/john").status_code == 404
    assert program.get(f"/api/posts/{post.id}").status_code == 404
    assert program.post("/api/messages", json={"recipient": "john", "body": "x"}).status_code == 404


def test_a_block_that_comes_while_one_follows_is_no_fault(program, susan, john, monkeypatch):
    follow = type(susan).follow

    def follow_too_late(user, other):
        Block.add(john, susan)
        follow(user, other)

    monkeypatch.setattr(type(susan), "follow", follow_too_late)

    assert program.put("/api/users/me/following/john").status_code == 409
    assert not Follow.select().exists()


def test_a_token_is_made_on_its_page_and_shown_once(browser, client, susan):
    page = browser.post_form("/account/tokens", name="mine")

    assert page.status_code == 201
    [secret] = re.findall(r">(microblog_[\w-]+)<", page.text)
    assert client.get("/api/tokens", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert secret not in browser.get("/settings/programs").text
    assert "mine" in browser.get("/settings/programs").text


def test_a_token_that_only_reads_is_made_on_the_page(browser):
    page = browser.post_form("/account/tokens", name="mine", read_only="y")

    assert "can only read" in page.text
    assert Token.get().read_only


def test_a_form_that_is_sent_again_makes_another_token_which_the_page_lists(browser):
    """A browser asks before it does that, for one that is reloaded."""
    first, second = (browser.post_form("/account/tokens", name="mine") for _ in range(2))

    assert [page.text.count(">mine<") for page in (first, second)] == [1, 2]
    assert Token.select().count() == 2


def test_a_token_is_ended_on_its_page(browser, program):
    token = Token.get()

    assert browser.post_form(f"/account/tokens/{token.id}/delete").status_code == 302
    assert program.get("/api/posts").status_code == 401


def test_somebody_elses_token_cannot_be_ended_on_the_page(sign_in, john, program):
    assert sign_in(john).post_form(f"/account/tokens/{Token.get().id}/delete").status_code == 404


def test_a_long_name_is_refused(browser):
    assert browser.post_form("/account/tokens", name="x" * 65).status_code == 422
    assert not Token.select().exists()


def test_a_token_too_many_is_refused_on_the_page(browser, susan):
    for _ in range(MOST):
        Token.issue(susan, "x")

    page = browser.post_form("/account/tokens", name="one more")

    assert page.status_code == 422
    assert "End one of them first." in page.text


def test_the_page_of_tokens_is_for_the_signed_in(client, susan):
    assert client.get("/settings/programs").status_code == 302
    assert client.get("/account/tokens/1/delete").status_code == 405


def test_the_document_can_be_read_by_anybody(client, susan):
    response = client.get("/api/openapi.json")

    assert response.json["openapi"] == "3.1.0"
    again = client.get("/api/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/api").headers["Location"] == "/api/docs"


def test_the_readable_page_names_every_operation(client, contract, susan):
    page = client.get("/api/docs").text

    for path, methods in contract["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    assert "<script>" not in page

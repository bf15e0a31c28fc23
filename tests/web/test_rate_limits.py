import re

import pytest

from microblog.base import clock
from microblog.base.config import Settings
from microblog.exports import EXPORTS_WITHIN, MOST_ASKED, MOST_EXPORTS
from microblog.models import FormerName, Token, User
from microblog.security import security_log
from microblog.security.sliding_windows import Rate
from microblog.tasks.states import CANCELLED, FAILED
from microblog.tasks.task import Task
from microblog.web import cookies, rate_limits
from tests import second_factors
from tests.conftest import PASSWORD, is_signed_in, make_user


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, secret_key="x" * 32, trusted_proxies=("127.0.0.1",))


def try_to_sign_in(browser, username="susan", password="wrong horse", address="203.0.113.1"):
    headers = {"X-Forwarded-For": address}
    return browser.post_form("/auth/login", username=username, password=password, headers=headers)


def wait_s(response):
    assert response.status_code == 429
    return int(response.headers["Retry-After"])


# Codes


@pytest.mark.asvs("6.3.3")
def test_guesses_of_a_code_are_limited_for_each_account_whichever_way_they_come(app, susan, john):
    for user in (susan, john):
        second_factors.give(user)

    def guess(code, username="susan"):
        browser = app.test_client()
        browser.post_form("/auth/login", username=username, password=PASSWORD)
        return browser.post_form("/auth/second_factor", code=code).status_code

    assert [guess(second_factors.wrong()) for _ in range(4)] == [422] * 4
    by_program = app.test_client().post(
        "/api/tokens", json={"otp": second_factors.wrong()}, auth=("susan", PASSWORD)
    )
    assert by_program.status_code == 401
    assert guess(second_factors.shown()) == 429
    assert guess(second_factors.shown(), "john") == 302


def test_a_known_browser_does_not_guess_codes_without_end(client, susan):
    """A link for a new password makes a browser known, and needs no code."""
    [code, *_] = second_factors.give(susan)

    def guess(code):
        client.post_form("/auth/login", username="susan", password=PASSWORD)
        return client.post_form("/auth/second_factor", code=code).status_code

    assert guess(code) == 302
    client.post_form("/auth/logout")
    assert client.get_cookie("known")
    assert [guess(second_factors.wrong()) for _ in range(6)] == [422] * 5 + [429]


# Signing in


@pytest.mark.asvs("6.3.1")
def test_many_wrong_passwords_for_one_account_are_delayed_wherever_they_come_from(client, susan):
    for number in range(5):
        assert try_to_sign_in(client, address=f"203.0.113.{number}").status_code == 422

    response = try_to_sign_in(client, address="198.51.100.7")

    assert 1 <= wait_s(response) <= 61
    assert re.search(r"Try again in \d+ seconds?\.", response.text)


def test_whether_the_account_exists_makes_no_difference(client, susan):
    for username in ("susan", "nobody"):
        statuses = [
            try_to_sign_in(client, username, address=f"203.0.113.{number}").status_code for number in range(7)
        ]
        assert statuses == [422] * 5 + [429] * 2


def test_a_name_in_another_case_is_the_same_account(client, susan):
    names = ["susan", "SUSAN", "Susan", " susan ", "sUsAn", "suSAN"]
    statuses = [
        try_to_sign_in(client, name, address=f"203.0.113.{n}").status_code for n, name in enumerate(names)
    ]

    assert statuses == [422] * 5 + [429]


@pytest.mark.asvs("6.1.1")
def test_nobody_is_kept_out_of_their_account_by_others(app, client, susan):
    own = app.test_client()
    try_to_sign_in(own, password=PASSWORD)
    own.post_form("/auth/logout")
    for number in range(6):
        try_to_sign_in(client, address=f"203.0.113.{number}")

    response = try_to_sign_in(own, password=PASSWORD, address="192.0.2.9")

    assert response.status_code == 302
    assert is_signed_in(own)


@pytest.mark.asvs("9.1.1", "9.1.2", "9.1.3", "9.2.1")
def test_a_browser_is_known_for_one_account_only_and_cannot_make_itself_known(app, susan, john):
    browser = app.test_client()
    try_to_sign_in(browser, "john", PASSWORD)
    known = browser.get_cookie("known")
    with app.test_request_context(headers={"Cookie": f"{known.key}={known.value}"}):
        assert cookies.device_of(john)
        assert not cookies.device_of(susan)
    with app.test_request_context(headers={"Cookie": f"{known.key}={known.value[:-1]}"}):
        assert not cookies.device_of(john)


@pytest.mark.asvs("6.3.1")
def test_a_browser_that_was_in_once_guesses_ten_times_a_minute_wherever_it_is(app, susan):
    thief, own = app.test_client(), app.test_client()
    for browser in (thief, own):
        try_to_sign_in(browser, password=PASSWORD)
        browser.post_form("/auth/logout")

    statuses = [try_to_sign_in(thief, address=f"198.51.100.{number}").status_code for number in range(80)]

    assert statuses == [422] * 10 + [429] * 70
    assert try_to_sign_in(own, password=PASSWORD).status_code == 302


def test_who_gave_up_a_name_is_a_stranger_to_whoever_takes_it(app, susan):
    former = app.test_client()
    try_to_sign_in(former, password=PASSWORD)
    former.post_form("/edit_profile", username="somebody_else", about_me="")
    former.post_form("/auth/logout")
    make_user("victim")
    FormerName.delete().execute()
    User.update(username="susan").where(User.username == "victim").execute()

    statuses = [try_to_sign_in(former, address=f"198.51.100.{number}").status_code for number in range(7)]

    assert statuses == [422] * 5 + [429] * 2


@pytest.mark.asvs("6.3.1")
def test_many_wrong_passwords_from_one_address_are_delayed_whatever_the_account(client, susan):
    statuses = [try_to_sign_in(client, f"name{number}").status_code for number in range(21)]

    assert statuses == [422] * 20 + [429]
    assert try_to_sign_in(client, "another", address="203.0.113.2").status_code == 422


def test_signing_in_well_takes_nothing_of_what_failures_may(app, susan):
    statuses = {try_to_sign_in(app.test_client(), password=PASSWORD).status_code for _ in range(7)}

    assert statuses == {302}


def test_signing_in_well_has_a_limit_of_its_own_that_failures_take_nothing_of(
    app, client, susan, monkeypatch
):
    monkeypatch.setattr(rate_limits._succeeding, "rates", [Rate(2, 60)])
    for _ in range(3):
        try_to_sign_in(client)

    statuses = [try_to_sign_in(app.test_client(), password=PASSWORD).status_code for _ in range(3)]

    assert statuses == [302, 302, 429]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", "unknown"),
    ],
)
def test_an_ipv6_customer_is_one_address(app, address, counted):
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert rate_limits.address() == counted


def test_guessing_ones_own_password_is_delayed_as_well(susan, sign_in):
    browser = sign_in(susan)
    answers = [browser.post_form("/account/delete", current_password="wrong") for _ in range(11)]

    assert [response.status_code for response in answers] == [422] * 10 + [429]
    assert browser.post_form("/account/delete", current_password=PASSWORD).status_code == 429


# What was typed


def test_what_was_typed_is_kept_and_can_be_sent_once_more(susan, browser):
    for number in range(60):
        assert browser.post_form("/", post=f"post {number}").status_code == 302

    response = browser.post_form("/", post="the one <too> many", language="en")

    assert wait_s(response) <= 61
    assert re.search(
        r'<textarea id="post" name="post"[^>]*>the one &lt;too&gt; many</textarea>', response.text
    )
    assert '<input type="hidden" name="language" value="en">' in response.text
    assert 'name="csrf_token"' in response.text


def test_a_password_is_not_kept(client):
    for number in range(31):
        response = client.post_form("/auth/register", username=f"mary{number}", password="battery staple")

    assert response.status_code == 429
    assert 'name="username" value="mary30"' in response.text
    assert "battery staple" not in response.text


def test_a_post_that_is_refused_costs_nothing(browser):
    statuses = {browser.post_form("/", post="x" * 141).status_code for _ in range(61)}

    assert statuses == {422}


def test_people_do_not_share_a_limit(browser, john, sign_in):
    for number in range(61):
        browser.post_form("/send_message/john", message=f"message {number}")

    assert browser.post_form("/send_message/john", message="one more").status_code == 429
    assert sign_in(john).post_form("/send_message/susan", message="hello").status_code == 302


def test_search_is_limited_and_says_so_to_programs_in_json(client, susan):
    statuses = [client.get("/search?q=x").status_code for _ in range(61)]
    response = client.get("/search?q=x", headers={"Accept": "application/json"})

    assert statuses == [200] * 60 + [429]
    assert wait_s(response)
    assert "Try again" in response.json["error"]


def test_asking_for_mails_is_limited(client, susan):
    statuses = [
        client.post_form("/auth/reset_password_request", email="x@example.org").status_code for _ in range(11)
    ]

    assert statuses == [302] * 10 + [429]


# Exports


def exports(user, count, **values):
    for _ in range(count):
        Task.create(name="export_posts", description="", user=user, **values)


def done(state):
    return {"state": state, "finished_at": clock.now(), "error": "…" if state == FAILED else None}


def test_so_many_exports_in_an_hour_are_enough(susan, browser):
    hour = EXPORTS_WITHIN
    exports(susan, MOST_EXPORTS, **done("succeeded"), progress=100, created_at=clock.now() - hour / 2)

    response = browser.post_form("/export_posts")

    assert 0 < wait_s(response) <= hour.total_seconds() / 2
    assert "in 30 minutes" in response.text


def test_exports_that_failed_or_were_cancelled_count_against_a_larger_limit(susan, browser):
    exports(susan, MOST_EXPORTS, **done(FAILED))
    exports(susan, MOST_ASKED - MOST_EXPORTS - 1, **done(CANCELLED))

    assert browser.post_form("/export_posts").status_code == 302
    assert Task.select().where(Task.state == "succeeded").count() == 1
    assert wait_s(browser.post_form("/export_posts"))


# Programs


def test_programs_share_the_limits_of_pages(client, susan):
    basic = ("susan", "wrong horse")
    statuses = [client.post("/api/tokens", json={"name": "x"}, auth=basic).status_code for _ in range(5)]

    response = client.post("/api/tokens", json={"name": "x"}, auth=basic)

    assert statuses == [401] * 5
    assert wait_s(response)
    assert response.content_type == "application/problem+json"
    assert try_to_sign_in(client).status_code == 429


def test_a_second_name_sent_along_is_no_way_around(client, susan):
    for number in range(6):
        decoy = client.post(
            "/auth/login",
            data={"username": "susan", "password": "wrong horse", "csrf_token": client.csrf_token},
            auth=(f"decoy{number}", "x"),
        )
    for number in range(6):
        other = client.post("/api/tokens", data={"username": f"decoy{number}"}, auth=("john", "wrong horse"))

    assert [decoy.status_code, other.status_code] == [429, 429]


def test_programs_cannot_export_without_end(client, susan):
    exports(susan, MOST_EXPORTS, **done("succeeded"), progress=100)
    _token, secret = Token.issue(susan, "x")

    response = client.post("/api/exports", headers={"Authorization": f"Bearer {secret}"})

    assert wait_s(response)


def test_programs_of_one_address_ask_600_times_a_minute(client, susan):
    def ask(secret, **headers):
        return client.get("/api/users", headers={"Authorization": f"Bearer {secret}", **headers})

    # Whatever they show.
    secrets = {Token.issue(susan, "x")[1]: 200, "wrong": 401}
    statuses = [[ask(secret).status_code for secret in secrets] for _ in range(300)]

    assert statuses == [[*secrets.values()]] * 300
    for secret, status in secrets.items():
        response = ask(secret)
        assert 1 <= wait_s(response) <= 61
        assert response.content_type == "application/problem+json"
        assert response.json["status"] == 429
        assert re.search(r"Try again in \d+ seconds?\.", response.json["detail"])
        elsewhere = ask(secret, **{"X-Forwarded-For": "203.0.113.9"})
        assert elsewhere.status_code == status


# The whole


def test_a_flood_leaves_one_line_in_the_security_log(client, susan):
    for _ in range(8):
        try_to_sign_in(client)

    hits = [text for _moment, text in security_log.latest(100) if text.startswith("limit-hit")]
    assert hits == ["limit-hit limit=sign-in-to-account address=203.0.113.1"]


def test_pages_and_polls_are_not_limited(browser):
    statuses = {browser.get("/notifications").status_code for _ in range(200)}

    assert statuses == {200}


class TestOff:
    @pytest.fixture
    def settings(self, tmp_path):
        return Settings(data_dir=tmp_path, secret_key="x" * 32, rate_limits=False)

    def test_nothing_is_limited(self, susan, browser):
        exports(susan, MOST_EXPORTS, **done("succeeded"), progress=100)

        assert browser.post_form("/export_posts").status_code == 302
        assert {browser.get("/search?q=x").status_code for _ in range(70)} == {200}

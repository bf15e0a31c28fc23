import pytest

from microblog.models import Session
from tests.conftest import is_signed_in


def test_another_session_can_be_ended(susan, browser, sign_in):
    elsewhere = sign_in(susan)
    other = Session.select().order_by(Session.id.desc()).get()

    response = browser.post_form(f"/account/sessions/{other.id}/end")

    assert response.location == "/account"
    assert "That browser is signed out." in browser.get("/account").text
    assert not is_signed_in(elsewhere)
    assert is_signed_in(browser)


def test_all_others_can_be_ended_at_once(susan, john, browser, sign_in):
    elsewhere, johns = [sign_in(susan), sign_in(susan, remember=True)], sign_in(john)

    browser.post_form("/account/sessions/end_others")

    assert [is_signed_in(one) for one in elsewhere] == [False, False]
    assert is_signed_in(browser)
    assert is_signed_in(johns)


def test_somebody_elses_session_cannot_be_ended(browser, john, sign_in):
    johns = sign_in(john)
    session = Session.get(Session.user == john)

    assert browser.post_form(f"/account/sessions/{session.id}/end").status_code == 404
    assert is_signed_in(johns)


@pytest.mark.parametrize("number", ["0", "999", "-1", "9" * 30, "x", "%00"])
def test_a_session_that_is_not_there_cannot_be_ended(browser, number):
    assert browser.post_form(f"/account/sessions/{number}/end").status_code == 404

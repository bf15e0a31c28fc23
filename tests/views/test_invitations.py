"""Invitations by members: who may make them, how many, and when they end."""

import dataclasses
import html
import re

import pytest

from microblog import accounts
from microblog.models import OneTimeToken, Site, User, people
from microblog.models.one_time_token import INVITE, MOST_INVITATIONS
from microblog.models.site import ADMINISTRATORS, MEMBERS
from tests.apps import SETTINGS
from tests.conftest import PASSWORD
from tests.views.test_admin_invites import NEW, link_in


@pytest.fixture
def settings(settings):
    """Nothing is set, as on a new site."""
    return dataclasses.replace(settings, registration="")


def invitations():
    return list(OneTimeToken.active(INVITE))


def test_a_member_invites_and_the_two_follow_each_other(browser, client, susan):
    client.get(link_in(browser.post_form("/invitations")))
    client.post_form("/auth/register", **NEW)

    newbie = User.named("newbie")
    assert list(people.followed_by(newbie, newbie)) == list(people.followers_of(newbie, newbie)) == [susan]
    assert invitations() == []


def test_the_new_link_can_be_copied_and_scanned(browser):
    page = browser.post_form("/invitations").text

    assert "data-copy" in page
    [picture] = re.findall(r'<div role="img" aria-label="([^"]+)"><svg', page)
    assert html.unescape(picture) == "QR code with the link above"
    # White under it, whatever the page's colour, and no style, which the policy would not allow.
    assert 'fill="#fff"' in page
    assert "style=" not in page
    assert "data-copy" not in browser.get("/invitations").text


def test_nobody_has_more_open_links_than_five_but_an_administrator(browser, office):
    for _ in range(MOST_INVITATIONS):
        assert browser.post_form("/invitations").status_code == 200

    assert browser.post_form("/invitations").location == "/invitations"
    assert "five open links" in browser.get("/invitations").text
    assert len(invitations()) == MOST_INVITATIONS
    browser.post_form(f"/invitations/{invitations()[0].id}/delete")
    assert browser.post_form("/invitations").status_code == 200
    for _ in range(MOST_INVITATIONS + 1):
        assert office.post_form("/admin/invites").status_code == 200


def test_nobody_sees_or_withdraws_what_somebody_else_made(browser, john, sign_in, office):
    browser.post_form("/invitations")
    [invite] = invitations()

    assert "/delete" not in sign_in(john).get("/invitations").text
    assert sign_in(john).post_form(f"/invitations/{invite.id}/delete").status_code == 404
    assert invitations() == [invite]
    office.post_form(f"/admin/invites/{invite.id}/delete")
    assert invitations() == []


def test_a_link_ends_with_the_password_by_which_it_was_made(browser, client, susan):
    link = link_in(browser.post_form("/invitations"))
    new = {"password": "battery staple", "password2": "battery staple"}
    browser.post_form("/account/password", current_password=PASSWORD, **new)

    assert client.get(link, follow_redirects=True).status_code == 403


def test_a_link_ends_with_its_makers_account(browser, client, susan, john):
    link = link_in(browser.post_form("/invitations"))
    accounts.delete(susan, by="mary")

    assert client.get(link, follow_redirects=True).status_code == 403


def test_who_invites_is_asked_only_where_invitations_let_somebody_in(app, browser, monkeypatch):
    for mode, said in (("open", "Everybody can register"), ("closed", "Nobody can register")):
        monkeypatch.setitem(app.config, "REGISTRATION", mode)

        assert said in browser.get("/invitations").text
        assert browser.post_form("/invitations").status_code == 409
    assert invitations() == []


@pytest.mark.parametrize(
    ("began_open", "chosen", "inviters"),
    [
        (False, {}, MEMBERS),
        (False, {"registration": "invite"}, MEMBERS),
        (True, {}, MEMBERS),
        (True, {"registration": "open"}, MEMBERS),
        (True, {"registration": "invite"}, ADMINISTRATORS),
        (True, {"registration": "invite", "invites": MEMBERS}, MEMBERS),
        (False, {"invites": ADMINISTRATORS}, ADMINISTRATORS),
    ],
)
def test_members_invite_unless_the_site_says_or_did_otherwise(
    app, browser, office, monkeypatch, began_open, chosen, inviters
):
    Site.update(began_open=began_open).execute()
    settings = dataclasses.replace(SETTINGS, **{"registration": "", **chosen})
    monkeypatch.setitem(app.config, "SETTINGS", settings)

    allowed = inviters == MEMBERS
    assert Site.inviters(settings) == inviters
    assert browser.get("/invitations").status_code == (200 if allowed else 403)
    assert browser.post_form("/invitations").status_code == (200 if allowed else 403)
    assert office.get("/invitations").status_code == 200


def test_a_new_site_is_for_the_invited(client, susan):
    page = client.get("/auth/register")

    assert page.status_code == 403
    assert "a link from somebody who is here" in page.text
    assert 'href="/auth/register"' not in client.get("/auth/login").text

import dataclasses

import pytest

from microblog.models import Post, User


@pytest.fixture
def admin(susan):
    User.update(is_admin=True).where(User.id == susan.id).execute()


def test_the_administrator_of_an_empty_site_can_fill_it(admin, browser, susan):
    assert 'action="/admin/demo"' in browser.get("/").text

    answer = browser.post_form("/admin/demo")

    assert (answer.status_code, answer.location) == (302, "/")
    assert User.select().count() == 13
    assert Post.timeline(susan).count() > 25
    assert 'action="/admin/demo"' not in browser.get("/").text


def test_a_second_click_does_no_harm(admin, browser):
    browser.post_form("/admin/demo")

    assert browser.post_form("/admin/demo").status_code == 302
    assert User.select().count() == 13


def test_a_site_that_others_can_reach_is_not_filled(admin, app, browser):
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(settings, base_url="https://blog.example.org")

    assert 'action="/admin/demo"' not in browser.get("/").text
    assert browser.post_form("/admin/demo").status_code == 403


def test_nobody_else_fills_the_site(susan, browser, client):
    assert 'action="/admin/demo"' not in browser.get("/").text
    assert browser.post_form("/admin/demo").status_code == 404
    assert client.post_form("/admin/demo").location.startswith("/auth/login")
    assert browser.get("/admin/demo").status_code == 405
    assert User.select().count() == 1

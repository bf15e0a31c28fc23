"""A browser sends the cookies of a host to each of its ports: ours must be nobody else's."""

import dataclasses

import pytest

from microblog.base import cookie_names
from tests.apps import SETTINGS
from tests.conftest import PASSWORD, is_signed_in

SHORT_NAMES = {"session", "remember", "known", "visit", "theme", "keys", "language"}


def cookies_of_a_day(browser):
    """Names of all cookies that the site sets for somebody who signs in, reads and chooses."""
    visits = [
        browser.post_form("/auth/login", username="susan", password=PASSWORD, remember_me="y"),
        browser.get("/"),
        browser.post_form("/preferences", theme="dark", keys="on", language="es"),
    ]
    return {line.partition("=")[0] for visit in visits for line in visit.headers.getlist("Set-Cookie")}


def test_the_name_of_each_cookie_says_of_which_installation_it_is(app, susan):
    names = cookies_of_a_day(app.test_client())

    assert names == {app.config["COOKIE_PREFIX"] + name for name in SHORT_NAMES}


@pytest.mark.parametrize("other", [{"data_dir": "elsewhere"}, {"base_url": "http://nas.lan"}])
def test_two_installations_on_one_host_have_no_name_in_common(tmp_path, other):
    here = dataclasses.replace(SETTINGS, data_dir=tmp_path)
    if "data_dir" in other:
        other = {"data_dir": tmp_path / other["data_dir"]}

    assert cookie_names.prefix(here) != cookie_names.prefix(dataclasses.replace(here, **other))
    assert cookie_names.prefix(here) == cookie_names.prefix(
        dataclasses.replace(here, secret_key="another" * 8)
    )


def test_what_other_apps_keep_under_common_names_is_left_alone(app, susan):
    browser = app.test_client()
    cookies_of_a_day(browser)
    for name in SHORT_NAMES:
        super(type(browser), browser).set_cookie(name, "another app's")

    assert is_signed_in(browser)
    assert browser.post_form("/", post="still here").status_code == 302
    assert 'data-theme="dark"' in browser.get("/explore").text

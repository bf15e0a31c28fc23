"""A change of the key: what the former one signed is accepted while it is a fallback, and no longer."""

import dataclasses
from itertools import pairwise

import pytest
from itsdangerous import BadSignature

from microblog.base.config import BadSettings, Settings
from microblog.models import User
from microblog.security.signatures import SignedSerializer, keep_key, secret_key
from microblog.web import cookies
from tests.apps import opened
from tests.conftest import PASSWORD, make_user

OLD, NEW = "the former key, of 32 characters", "the present key, of 32 characters"


@pytest.fixture
def former(settings):
    """What a browser carried and a form held before the change."""
    with opened(dataclasses.replace(settings, secret_key=OLD)) as app:
        make_user("susan")
        browser = app.test_client()
        browser.post_form("/auth/login", username="susan", password=PASSWORD, remember_me="y")
        carried = {"csrf_token": browser.csrf_token}
        return carried | {name: browser.get_cookie(name).value for name in ("session", "remember", "known")}


@pytest.fixture(params=[(OLD,), ()])
def changed(settings, former, request):
    """The site after the change, with and without the former key among its fallbacks."""
    with opened(dataclasses.replace(settings, secret_key=NEW, secret_key_fallbacks=request.param)) as app:
        yield app


def carrying(app, former, *names):
    browser = app.test_client()
    for name in names:
        browser.set_cookie(name, former[name])
    return browser


def believes_the_former(app):
    return bool(app.config["SECRET_KEY_FALLBACKS"])


@pytest.mark.parametrize("cookie", ["session", "remember"])
def test_people_stay_signed_in(changed, former, cookie):
    response = carrying(changed, former, cookie).get("/notifications")

    assert (response.status_code == 200) == believes_the_former(changed)


def test_a_form_that_stood_open_can_be_sent(changed, former):
    browser = carrying(changed, former, "session")

    response = browser.post("/", data={"csrf_token": former["csrf_token"], "post": "typed before"})

    assert (response.status_code == 302) == believes_the_former(changed)


def test_a_known_browser_stays_known(changed, former):
    with changed.test_request_context(
        headers={"Cookie": f"{changed.config['COOKIE_PREFIX']}known={former['known']}"}
    ):
        assert (cookies.device_of(User.named("susan")) is not None) == believes_the_former(changed)


def test_who_comes_back_meanwhile_needs_the_former_key_no_more(settings, former):
    both = dataclasses.replace(settings, secret_key=NEW, secret_key_fallbacks=(OLD,))
    with opened(both) as app:
        browser = carrying(app, former, "remember")
        browser.get("/")
        renewed = {"remember": browser.get_cookie("remember").value}

    assert renewed["remember"] != former["remember"]
    with opened(dataclasses.replace(both, secret_key_fallbacks=())) as app:
        assert carrying(app, renewed, "remember").get("/notifications").status_code == 200
        assert User.select().count() == 1


def test_queue_messages_are_signed_by_the_newest_key_and_read_by_all():
    old, both, new = (SignedSerializer(keys) for keys in ([OLD], [OLD, NEW], [NEW]))

    for writer, reader in pairwise([old, both, new]):
        assert reader.deserialize(writer.serialize("a message")) == "a message"
    with pytest.raises(BadSignature):
        new.deserialize(old.serialize("a message"))


@pytest.mark.parametrize("base_url", ["", "https://blog.example.org"])
@pytest.mark.parametrize("key", ["", "too short", "0123456789abcdef", "a" * 64, "change-me-please-" * 4])
def test_a_key_in_the_data_folder_must_be_as_good_as_one_in_the_settings(tmp_path, key, base_url):
    (tmp_path / "secret_key").write_text(key)
    settings = Settings(data_dir=tmp_path, base_url=base_url)
    if len(key) >= 16 and not base_url:
        assert secret_key(settings) == key
    else:
        with pytest.raises(BadSettings, match="secret_key"):
            secret_key(settings)


def test_a_key_that_was_made_here_is_good_enough_for_https(tmp_path):
    settings = Settings(data_dir=tmp_path, base_url="https://blog.example.org")

    keep_key(settings)

    assert secret_key(settings) == secret_key(settings) == (tmp_path / "secret_key").read_text()


def test_a_key_that_was_not_kept_is_one_in_memory(tmp_path):
    settings = Settings(data_dir=tmp_path / "nowhere")

    assert secret_key(settings) != secret_key(settings)
    assert not settings.data_dir.exists()


def test_a_key_behind_a_link_that_leads_nowhere_is_not_made_anew(tmp_path):
    path = tmp_path / "secret_key"
    path.symlink_to("/nowhere/at/all")

    with pytest.raises(FileNotFoundError, match="the link leads to /nowhere/at/all, which is not there"):
        keep_key(Settings(data_dir=tmp_path))

    assert path.is_symlink()

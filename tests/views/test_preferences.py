import re
from email import message_from_bytes

import pytest

from microblog.base.config import ROOT
from microblog.base.database import data_dir
from microblog.models import User


def test_the_theme_is_kept_and_drawn_by_the_server(client, susan):
    response = client.post_form("/preferences", theme="dark", next="/explore")

    assert response.location == "/explore"
    assert 'data-theme="dark"' in client.get("/explore").text


def test_back_to_the_systems_theme(client, susan):
    client.post_form("/preferences", theme="dark")
    client.post_form("/preferences", theme="system")

    assert "data-theme" not in client.get("/explore").text


@pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
def test_there_is_no_other_theme(client, susan, theme):
    assert client.post_form("/preferences", theme=theme).status_code == 400


def test_next_never_leads_away(client, susan):
    assert client.post_form("/preferences", theme="dark", next="//evil.com").location == "/"


def test_preferences_are_not_changed_by_get_nor_without_a_token(client, susan):
    client.get("/preferences?theme=dark")

    assert "data-theme" not in client.get("/explore").text
    assert client.post("/preferences", data={"theme": "dark"}).status_code == 400


# Language; the texts themselves are the matter of tests/i18n/test_translations.py


def language(page):
    return re.search(r'<html lang="([^"]+)"', page).group(1)


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("es", "es"),
        ("es-MX,en;q=0.5", "es"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("fr,de;q=0.9", "en"),
        ("fr,es;q=0.1", "es"),
        ("*", "en"),
        ("", "en"),
        ("x" * 2000, "en"),
        ("es;q=0,zh;q=0.1", "zh"),
        ("es;q=nonsense", "en"),
    ],
)
def test_pages_speak_what_the_browser_asks_for(client, susan, accepted, shown):
    assert language(client.get("/explore", headers={"Accept-Language": accepted}).text) == shown


def test_a_choice_wins_over_the_browser(client, susan):
    client.post_form("/preferences", language="es")

    assert language(client.get("/explore", headers={"Accept-Language": "zh"}).text) == "es"


def test_the_choice_of_an_account_goes_where_the_user_goes(browser, susan, sign_in):
    browser.post_form("/preferences", language="es")

    assert language(sign_in(susan).get("/", headers={"Accept-Language": "zh"}).text) == "es"


def test_a_choice_that_the_site_speaks_no_more_does_not_count(app, browser, monkeypatch):
    browser.post_form("/preferences", language="es")
    monkeypatch.setitem(app.config, "SITE_LANGUAGES", ["en", "zh"])

    assert language(browser.get("/", headers={"Accept-Language": "zh"}).text) == "zh"


def test_the_theme_stays_when_the_language_changes(client, susan):
    client.post_form("/preferences", theme="dark")
    client.post_form("/preferences", language="es")

    assert 'data-theme="dark"' in client.get("/explore").text


@pytest.mark.parametrize("tag", ["", "fr", "../es", "ES"])
def test_there_is_no_other_language(browser, susan, tag):
    assert browser.post_form("/preferences", language=tag).status_code == 400
    assert User.get().language is None


def test_a_language_is_offered_by_its_own_name(client, susan):
    page = client.get("/explore").text

    assert re.search(r'value="es" lang="es" aria-pressed="false">español<', page)
    assert re.search(r'value="zh" lang="zh" aria-pressed="false">中文<', page)
    assert re.search(r'value="en" lang="en" aria-pressed="true">English<', page)


@pytest.mark.parametrize(
    ("chosen", "accepted", "tag"),
    [("es", "zh", "es"), (None, "zh", "zh"), (None, "fr", "en"), ("fr", "es", "es")],
)
def test_a_mail_speaks_the_users_language_else_that_of_the_page(
    browser, client, susan, chosen, accepted, tag
):
    susan.set_language(chosen)
    headers = {"Accept-Language": accepted}
    browser.post_form("/export_posts", headers=headers)
    client.post_form("/auth/reset_password_request", email="susan@example.org", headers=headers)

    mails = [message_from_bytes(path.read_bytes()) for path in (data_dir() / "outbox").glob("*.eml")]
    pages = [part for mail in mails for part in mail.walk() if part.get_content_type() == "text/html"]
    assert [language(page.get_payload(decode=True).decode()) for page in pages] == [tag, tag]


# The page, and the keys


def test_the_keys_are_on_until_they_are_switched_off(client, susan):
    assert 'data-keys="/keys"' in client.get("/explore").text

    client.post_form("/preferences", keys="off")

    assert "Your changes are saved." in client.get("/settings/preferences").text
    assert "data-keys" not in client.get("/explore").text
    assert "switched off the single-key shortcuts" in client.get("/keys").text


def test_the_list_of_keys_names_every_key(client, susan):
    script = (ROOT / "static" / "js" / "main.js").read_text()
    acts = re.search(r"const acts = {(.*?)};", script, re.DOTALL)[1]
    keys = set(re.findall(r"(?:^|, )\s*\W?(\w|/|\?)\W?:", acts, re.MULTILINE))
    listed = set(re.findall("<dt><kbd>(.)</kbd></dt>", client.get("/keys").text))

    assert len(keys) == acts.count(":")
    assert listed == keys


def test_one_preference_leaves_the_other(client, susan):
    client.post_form("/preferences", theme="dark")
    client.post_form("/preferences", keys="off")

    assert 'data-theme="dark"' in client.get("/explore").text


def test_nothing_is_kept_when_one_of_two_is_unknown(client, susan):
    assert client.post_form("/preferences", theme="dark", keys="maybe").status_code == 400
    assert client.post_form("/preferences").status_code == 400
    assert "data-theme" not in client.get("/explore").text


def test_the_page_shows_what_is_chosen(client, susan):
    client.post_form("/preferences", theme="dark")

    assert 'value="dark" checked' in client.get("/settings/preferences").text

"""The catalogues: that they are complete, in step with the texts, and that the whole site speaks them."""

import re
from email import message_from_bytes, policy

import pytest
from babel.messages.pofile import read_po

from microblog.base.config import ROOT, Settings
from microblog.base.database import data_dir
from microblog.cli import translate
from microblog.tasks.task import Task
from tests.conftest import make_user

LANGUAGES = [tag for tag in Settings.languages if tag != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")


def read(path, language=None):
    """The messages of a catalogue, without its header."""
    with path.open("rb") as file:
        return [message for message in read_po(file, locale=language, abort_invalid=True) if message.id]


def catalogue(language):
    return read(ROOT / translate.TRANSLATIONS / language / "LC_MESSAGES" / "messages.po", language)


def forms(text):
    """The forms of a text: as many as there are plurals, or the one."""
    return list(text) if isinstance(text, tuple | list) else [text]


@pytest.fixture(scope="module")
def in_use(tmp_path_factory):
    """The ids of all texts in code and templates."""
    template = tmp_path_factory.mktemp("catalogue") / "messages.pot"
    translate.extract(template)
    return {message.id for message in read(template)}


# What the catalogues hold


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_just_the_texts_in_use(in_use, language):
    known = {message.id for message in catalogue(language)}

    assert in_use - known == set(), "new texts: run flask translate update, then translate"
    assert known - in_use == set(), "texts of former days: run flask translate update"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    missing = [message.id for message in catalogue(language) if not all(forms(message.string))]

    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_in_doubt(language):
    assert [message.id for message in catalogue(language) if message.fuzzy] == []


@pytest.mark.parametrize(("language", "plurals"), [("es", 2), ("zh", 1)])
def test_there_are_as_many_plural_forms_as_the_language_has(language, plurals):
    texts = [message.string for message in catalogue(language) if message.pluralizable]

    assert {len(forms(text)) for text in texts} == {plurals}


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_text(language):
    def differs(message):
        wanted = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        return any(set(PLACEHOLDER.findall(form)) != wanted for form in forms(message.string))

    assert [message.id for message in catalogue(language) if differs(message)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_hold_no_markup_for_templates_trust_them(language):
    texts = [form for message in catalogue(language) for form in forms(message.string)]

    assert [text for text in texts if re.search("[<>&]", text)] == []


# What the site says


def speaking(language):
    return {"Accept-Language": language}


@pytest.mark.parametrize(
    ("accepted", "path", "said"),
    [
        ("es-MX,en;q=0.5", "/auth/login", "Mantener la sesión abierta en este dispositivo"),
        ("zh-CN,en;q=0.5", "/auth/login", "在这台设备上保持登录"),
        ("en", "/auth/login", "Keep me signed in on this device"),
        ("es", "/nowhere", "Esta página no existe."),
        ("zh", "/nowhere", "没有这个页面。"),
        ("es", "/search?q=%22nothing%22", "No se ha encontrado nada"),
        ("zh", "/search?q=%22nothing%22", "什么也没找到"),
    ],
)
def test_pages_and_errors_speak_what_the_browser_asks_for(client, susan, accepted, path, said):
    page = client.get(path, headers=speaking(accepted)).text

    assert said in page
    assert f'<html lang="{accepted[:2]}"' in page


@pytest.mark.parametrize(
    ("chosen", "posted", "signed_out"),
    [
        ("es", "Publicado.", "No has iniciado sesión o ya se ha cerrado."),
        ("zh", "已发布。", "你还没有登录，或者登录已经结束。"),
    ],
)
def test_flashes_speak_the_users_language_whatever_the_browser_asks_for(
    browser, client, chosen, posted, signed_out
):
    browser.post_form("/preferences", language=chosen)
    client.post_form("/preferences", language=chosen)

    browser.post_form("/", post="hello", headers=speaking("en"))

    assert posted in browser.get("/", headers=speaking("en")).text
    assert signed_out in client.post_form("/", post="hello", headers=speaking("en")).text


@pytest.mark.parametrize(
    ("language", "faults"),
    [
        (
            "es",
            ["Este campo no puede quedar vacío.", "Las dos contraseñas no coinciden. Escríbelas de nuevo."],
        ),
        ("zh", ["此项不能为空。", "两次输入的密码不一致，请重新输入。"]),
    ],
)
def test_faults_in_a_form_are_told_in_the_readers_language(client, susan, language, faults):
    fields = {"username": "", "email": "new@example.org", "password": "long enough", "password2": "other"}

    page = client.post_form("/auth/register", headers=speaking(language), **fields).text

    assert all(fault in page for fault in faults)


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "1 follower", "2 followers"),
        ("es", "1 seguidor", "2 seguidores"),
        ("zh", "1 位关注者", "2 位关注者"),
    ],
)
def test_plurals(client, susan, john, language, one, two):
    def page():
        return client.get("/user/susan", headers=speaking(language)).text

    john.follow(susan)
    assert f"<li>{one}</li>" in page()

    make_user("mary").follow(susan)
    assert f"<li>{two}</li>" in page()


@pytest.mark.parametrize(
    ("language", "description", "ready", "size"),
    [
        ("es", "Exportando publicaciones…", "Tu exportación está lista", "bytes"),
        ("zh", "正在导出帖子……", "你的导出已完成", "字节"),
    ],
)
def test_what_was_stored_in_english_is_shown_in_the_readers_language(
    browser, susan, language, description, ready, size
):
    browser.post_form("/export_posts")

    assert Task.get().description == "Exporting posts..."
    Task.create(name="another", description="Exporting posts...", user=susan)
    assert ready in browser.get("/", headers=speaking(language)).text
    yours = browser.get("/tasks", headers=speaking(language)).text
    assert description in yours
    assert size in yours


@pytest.mark.parametrize(
    ("language", "subjects", "greeting"),
    [
        ("es", {"[Microblog] Tus publicaciones", "[Microblog] Restablece tu contraseña"}, "Hola, susan:"),
        ("zh", {"[Microblog] 你的帖子", "[Microblog] 重设你的密码"}, "susan，你好！"),
    ],
)
def test_mails_speak_the_users_language(browser, client, susan, language, subjects, greeting):
    susan.set_language(language)

    browser.post_form("/export_posts", headers=speaking("en"))
    client.post_form("/auth/reset_password_request", email="susan@example.org", headers=speaking("en"))

    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (data_dir() / "outbox").glob("*.eml")
    ]
    assert {mail["Subject"] for mail in mails} == subjects
    for mail in mails:
        text, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
        assert greeting in text
        assert greeting in html
        assert f'<html lang="{language}"' in html

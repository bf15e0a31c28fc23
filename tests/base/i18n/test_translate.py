"""The commands that maintain the catalogues; test_translations.py checks what the catalogues say."""

import tempfile
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from microblog.cli import translate

extract = translate.extract


@pytest.fixture(autouse=True)
def extracted_once(monkeypatch):
    """Read all code and templates once, instead of for each command: that is most of what one takes."""
    monkeypatch.setattr(translate, "extract", lambda template: Path(template).write_bytes(texts_of_all()))


@cache
def texts_of_all():
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        return template.read_bytes()


@pytest.fixture
def translations(tmp_path, monkeypatch):
    monkeypatch.setattr(translate, "TRANSLATIONS", tmp_path / "translations")
    return tmp_path / "translations"


@pytest.fixture
def run(app):
    return lambda *arguments: app.test_cli_runner().invoke(args=["translate", *arguments])


def catalogue(translations, language):
    with (translations / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def test_texts_of_code_forms_templates_mails_and_stored_ones_are_found(tmp_path):
    translate.extract(tmp_path / "messages.pot")

    with (tmp_path / "messages.pot").open("rb") as file:
        texts = {message.id for message in read_po(file)}
    assert {
        "Posted.",
        "This cannot be empty.",
        "Sign in",
        "Hello %(username)s,",
        "Exporting posts...",
        ("%(num)d follower", "%(num)d followers"),
        ("%(count)s post", "%(count)s posts"),
    } <= texts


def test_a_catalogue_is_begun_kept_in_step_and_compiled(run, translations):
    assert run("init", "de").exit_code == 0
    path = translations / "de" / "LC_MESSAGES" / "messages.po"
    kept = path.read_text().replace('msgid "Posted."\nmsgstr ""', 'msgid "Posted."\nmsgstr "Gesagt."')
    path.write_text(kept.replace('msgid "Explore"', 'msgid "Explore more"'))

    assert run("update").exit_code == 0
    assert run("compile").exit_code == 0

    texts = catalogue(translations, "de")
    assert texts["Posted."].string == "Gesagt."
    assert "Explore" in texts
    assert "Explore more" not in texts
    assert not any(message.fuzzy for message in texts if message.id)
    assert path.with_suffix(".mo").exists()


def test_an_update_without_a_change_changes_nothing(run, translations):
    run("init", "de")
    run("update")
    before = (translations / "de" / "LC_MESSAGES" / "messages.po").read_text()
    run("update")

    assert (translations / "de" / "LC_MESSAGES" / "messages.po").read_text() == before


@pytest.mark.parametrize("language", ["klingon", "", "../de", "xx"])
def test_an_unknown_language_is_refused(run, translations, language):
    result = run("init", language)

    assert (result.exit_code, "is not a language" in result.output) == (1, True)
    assert not translations.exists()


def test_a_catalogue_is_not_begun_twice(run, translations):
    run("init", "de")

    result = run("init", "de")

    assert result.exit_code == 1
    assert "update keeps it in step" in result.output


def test_a_damaged_catalogue_is_an_error(run, translations):
    run("init", "de")
    path = translations / "de" / "LC_MESSAGES" / "messages.po"
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}")

    result = run("compile")

    assert (result.exit_code, f"{path}:1:" in result.output) == (1, True)

"""Compiling: a damaged catalogue stops the start in one line, whatever Babel would make of it."""

import pytest

from microblog.base.i18n import catalogues

HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
SOUND = (
    HEAD
    + """#, python-format
msgid "Hello %(name)s"
msgstr "Hola %(name)s"
"""
)
DAMAGED = {
    "a conflict": SOUND + '<<<<<<< HEAD\nmsgid "a"\nmsgstr "b"\n=======\n',
    "cut short": SOUND + 'msgid "a"\n',
    "empty": "",
    "another file": "<html>not found</html>",
    "no UTF-8": SOUND + 'msgid "a"\nmsgstr "\udcff"\n',
    "a lost placeholder": SOUND.replace("Hola %(name)s", "Hola %(nombre)s"),
    "no number of plurals": SOUND.replace("nplurals=2", "nplurals=x"),
}


@pytest.fixture
def catalogue(tmp_path):
    """The path of a catalogue that does not exist yet."""
    path = tmp_path / "es" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    return path


def test_a_sound_catalogue_is_compiled(catalogue, tmp_path):
    catalogue.write_text(SOUND)

    assert catalogues.main(tmp_path) == 0
    assert b"Hola" in catalogue.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_one_is_told_in_one_line_and_leaves_the_former(catalogue, tmp_path, capsys, text):
    catalogue.with_suffix(".mo").write_bytes(b"the former")
    catalogue.write_text(text, errors="surrogateescape")

    assert catalogues.main(tmp_path) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"microblog: damaged translations: {catalogue}:")
    assert [path.read_bytes() for path in catalogue.parent.glob("*.mo*")] == [b"the former"]

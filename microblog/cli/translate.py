"""Commands that keep the translation catalogues in step with the texts in code and templates."""

import tempfile
from contextlib import chdir
from pathlib import Path

import click
from babel import Locale, UnknownLocaleError
from babel.messages.frontend import CommandLineInterface
from flask.cli import AppGroup

from microblog.base.config import ROOT
from microblog.base.i18n import catalogues
from microblog.cli.site import ignores_site

TRANSLATIONS = Path("microblog", "translations")
# Files without line numbers: otherwise every change of code would change every catalogue.
EXTRACT = "extract --mapping pyproject.toml -k _l -k lazy_gettext --add-location file --project Microblog"

translate = AppGroup("translate", help="Translate the pages into other languages.")


def extract(template):
    """Write every translatable text to the file *template*."""
    _babel(*EXTRACT.split(), "--output", template, "microblog", "templates")


@translate.command()
@click.argument("language")
@ignores_site
def init(language):
    """Begin the catalogue of LANGUAGE, such as de."""
    try:
        Locale.parse(language)
    except (ValueError, UnknownLocaleError) as error:
        raise click.ClickException(f"{language} is not a language that Babel knows") from error
    if (ROOT / TRANSLATIONS / language).exists():
        raise click.ClickException(f"there is a catalogue of {language}; update keeps it in step")
    _with_template("init", "--locale", language)


@translate.command()
@ignores_site
def update():
    """Bring new and changed texts into every catalogue; what was translated stays."""
    _with_template("update", "--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date")


@translate.command("compile")
@ignores_site
def compile_all():
    """Compile every catalogue, as run.sh does at each start."""
    catalogues.compile_all(ROOT / TRANSLATIONS)


def _with_template(command, *options):
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "messages.pot"
        extract(template)
        _babel(command, *options, "--input-file", template, "--output-dir", TRANSLATIONS)


def _babel(command, *options):
    # Catalogues name source files relative to this folder.
    with chdir(ROOT):
        CommandLineInterface().run(["pybabel", "--quiet", command, *map(str, options)])


COMMANDS = (translate,)

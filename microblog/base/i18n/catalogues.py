"""
The catalogues of translations, compiled: ``python -m microblog.base.i18n.catalogues``.

Babel's own command compiles what it can of a damaged catalogue and reports success.
"""

import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from click import ClickException

TRANSLATIONS = Path(__file__).parent.parent.parent / "translations"


class BadCatalogue(ClickException):
    """A catalogue is damaged; the message, which ``flask`` prints in one line, says which one and where."""


def compile_all(folder: Path = TRANSLATIONS) -> None:
    """
    Compile every catalogue in *folder* into the form that the site reads.

    Raises:
        BadCatalogue: that catalogue and those after it keep their previous version.
    """
    for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        catalogue = _read(path)
        draft = path.with_suffix(".mo.part")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(path.with_suffix(".mo"))


def _read(path: Path) -> Catalog:
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parent.parent.name, abort_invalid=True)
    except PoFileError as error:
        # Babel counts lines from 0, and its message repeats the number.
        what = str(error).removesuffix(f" on {error.lineno}")
        raise BadCatalogue(f"{path}:{error.lineno + 1}: {what}") from error
    except ValueError as error:
        raise BadCatalogue(f"{path}: {error}") from error
    if not catalogue:
        raise BadCatalogue(f"{path}: there is no text in it")
    for message, errors in catalogue.check():
        raise BadCatalogue(f"{path}:{message.lineno}: {errors[0]}")
    return catalogue


def main(folder: Path = TRANSLATIONS) -> int:
    """Compile all. Returns the exit code."""
    try:
        compile_all(folder)
    except BadCatalogue as damage:
        print(f"microblog: damaged translations: {damage}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads a ``.env`` file and collects what is wrong with it."""

import os
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream
from dotenv.variables import parse_variables

# How much a name must resemble a setting, from 0 to 1, to be taken for a typo of it.
LIKENESS = 0.85
LITERAL = re.compile(r"\s*(export\s+)?('[^']*'|[^=#\s]+)\s*=\s*'")


def read(path: Path, known: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """
    Values by name, and a list of errors.

    An error is a line that cannot be read, or a name that is not *known* but resembles one; all other names
    are for other programs. No error repeats a line: it may be part of a secret.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        # Some call their virtual environment so.
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"]
    lines = [line for line in parse_stream(StringIO(text)) if line.key is not None or line.error]
    errors = [f"{path.name} line {_number(line)} {rule}" for line in lines if (rule := _error(line, known))]
    values: dict[str, str] = {}
    for line in lines:
        if line.key and line.value is not None:
            values[line.key] = line.value if _is_literal(line) else _expanded(line.value, values)
    return values, errors


def environment(written: Mapping[str, str]) -> dict[str, str]:
    """
    The real environment, without what ``flask`` has put there of the values *written* in the file.

    It lets python-dotenv read the file, which replaces ``${NAME}`` even in single quotes.
    """
    misread = {name for name, text in written.items() if os.environ.get(name) == _expanded(text, written)}
    return {name: text for name, text in os.environ.items() if name not in misread}


def _is_literal(line: Binding) -> bool:
    """Whether its value stands in single quotes, which for a shell means: as it is."""
    return LITERAL.match(line.original.string) is not None


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """*text* with ``${NAME}`` replaced by what lines above it, else the environment, have for NAME."""
    known = {**os.environ, **values}
    return "".join(atom.resolve(known) for atom in parse_variables(text))


def _error(line: Binding, known: Collection[str]) -> str | None:
    if line.key is None or line.value is None:
        return "must look like NAME=value"
    near = get_close_matches(line.key.upper(), known, n=1, cutoff=LIKENESS)
    if line.key in known or not near:
        return None
    return f"sets {line.key}, which is no setting: did you mean {near[0]}?"


def _number(line: Binding) -> int:
    """The number of the line in its file; the parser counts from the empty lines above it."""
    text = line.original.string
    return line.original.line + text[: len(text) - len(text.lstrip())].count("\n")

"""Reads a ``.env`` file and collects what is wrong with it."""

from difflib import get_close_matches
from io import StringIO

from dotenv import dotenv_values
from dotenv.parser import parse_stream

# How much a name must resemble a setting, from 0 to 1, to be taken for a typo of it.
LIKENESS = 0.85


def read(path, known):
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
    # Without the lines that cannot be read: python-dotenv logs each of them.
    readable = "".join(line.original.string for line in lines if line.value is not None)
    return dotenv_values(stream=StringIO(readable)), errors


def _error(line, known):
    if line.value is None:
        return "must look like NAME=value"
    near = get_close_matches(line.key.upper(), known, n=1, cutoff=LIKENESS)
    if line.key in known or not near:
        return None
    return f"sets {line.key}, which is no setting: did you mean {near[0]}?"


def _number(line):
    """The number of the line in its file; the parser counts from the empty lines above it."""
    text = line.original.string
    return line.original.line + text[: len(text) - len(text.lstrip())].count("\n")

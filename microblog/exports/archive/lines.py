"""What is said of one row: an SQL expression that builds the text of constant parts and columns between."""

import json
import re

COLUMN = re.compile("\0(.*?)\0", re.DOTALL)
JSON_COLUMN = re.compile(r'"\\u0000(.*?)\\u0000"', re.DOTALL)


def column(expression: str) -> str:
    """Mark an SQL *expression* in what is given to ``as_json`` or ``as_text``."""
    return f"\0{expression}\0"


def as_json(value: object) -> str:
    """SQL that writes *value*, a JSON value, with the marked columns quoted; NULL becomes null."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    parts = JSON_COLUMN.split(text)
    columns = [json.loads(f'"{part}"') for part in parts[1::2]]
    return _joined(parts[::2], [f"json_quote({part})" for part in columns])


def as_text(text: str) -> str:
    """SQL that writes *text* with the marked columns as they are; NULL becomes nothing."""
    parts = COLUMN.split(text)
    return _joined(parts[::2], [f"coalesce({part}, '')" for part in parts[1::2]])


def quoted(text: str) -> str:
    """*text* as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _joined(constants: list[str], columns: list[str]) -> str:
    parts = [quoted(constants[0])]
    for expression, constant in zip(columns, constants[1:], strict=True):
        parts += [expression, quoted(constant)]
    return " || ".join(parts)
